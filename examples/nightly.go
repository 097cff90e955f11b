// A night's work, reported to Watcher with Go's standard library. What it plays, and its siblings: README.md here.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"
)

type fields map[string]any

type pipeline struct {
	ID        int64   `json:"id"`
	Active    bool    `json:"active"`
	Watermark *string `json:"watermark"`
}

type node struct {
	PipelineName    string  `json:"pipeline_name"`
	Status          string  `json:"status"`
	TotalRows       *int64  `json:"total_rows"`
	Watermark       *string `json:"watermark"`
	NextWatermark   *string `json:"next_watermark"`
	ErrorMessage    *string `json:"error_message"`
	Depth           int     `json:"depth"`
	ChildExecutions []node  `json:"child_executions"`
}

var client = http.Client{Timeout: 30 * time.Second}

// call sends a request and reads the body of its answer into answer. Any status but a 2xx ends the program.
func call(method, path string, body fields, answer any) {
	var content io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		check(err)
		content = bytes.NewReader(text)
	}
	url := os.Getenv("WATCHER_URL")
	if url == "" {
		url = "http://localhost:8000"
	}
	request, err := http.NewRequest(method, url+path, content)
	check(err)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	if key := os.Getenv("WATCHER_KEY"); key != "" {
		request.Header.Set("Authorization", "Bearer "+key)
	}
	response, err := client.Do(request)
	check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	check(err)
	if response.StatusCode/100 != 2 {
		log.Fatalf("%s %s: %d %s", method, path, response.StatusCode, text)
	}
	check(json.Unmarshal(text, answer))
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func register(name, typeName string, configuration fields) (registered pipeline) {
	body := fields{"name": name, "pipeline_type_name": typeName}
	for field, value := range configuration {
		body[field] = value
	}
	call("POST", "/pipeline", body, &registered)
	return registered
}

func start(of pipeline, more fields) int64 {
	body := fields{"pipeline_id": of.ID}
	for field, value := range more {
		body[field] = value
	}
	var started struct {
		ID int64 `json:"id"`
	}
	call("POST", "/start_pipeline_execution", body, &started)
	return started.ID
}

func end(id int64, succeeded bool, more fields) {
	body := fields{"id": id, "completed_successfully": succeeded}
	for field, value := range more {
		body[field] = value
	}
	call("POST", "/end_pipeline_execution", body, &struct{}{})
}

// show prints a tree, a line for each execution.
func show(of node) {
	line := of.PipelineName + ": " + of.Status
	if of.TotalRows != nil {
		line += fmt.Sprintf(", %d rows", *of.TotalRows)
	}
	if of.NextWatermark != nil {
		from := "none"
		if of.Watermark != nil {
			from = *of.Watermark
		}
		line += fmt.Sprintf(", watermark %s -> %s", from, *of.NextWatermark)
	}
	if of.ErrorMessage != nil {
		line += fmt.Sprintf(" (%s)", *of.ErrorMessage)
	}
	fmt.Println(strings.Repeat("  ", of.Depth) + line)
	for _, child := range of.ChildExecutions {
		show(child)
	}
}

func main() {
	log.SetFlags(0)

	// An operator has switched one pipeline off.
	legacy := register("legacy report", "publication", nil)
	call("PATCH", "/pipeline", fields{"id": legacy.ID, "active": false}, &struct{}{})

	// The workflow itself, and a group within it.
	night := start(register("nightly", "workflow", nil), nil)
	warehouse := start(register("load warehouse", "workflow", nil), fields{"parent_id": night})

	// Incremental: from where the last success ended, to the newest row of the source (each night brings 1200).
	customers := register("load invoices", "extraction", fields{
		"freshness_number": 1, "freshness_datepart": "day",
		"timeliness_number": 30, "timeliness_datepart": "minute",
	})
	watermark := int64(0)
	if customers.Watermark != nil {
		var err error
		watermark, err = strconv.ParseInt(*customers.Watermark, 10, 64)
		check(err)
	}
	newest := watermark + 1200
	rows := newest - watermark
	execution := start(customers, fields{"parent_id": warehouse, "next_watermark": newest})
	end(execution, true, fields{"total_rows": rows, "inserts": rows})

	// In full, each time.
	execution = start(register("load orders", "extraction", nil), fields{"parent_id": warehouse})
	end(execution, true, fields{"total_rows": 350, "inserts": 300, "updates": 50})
	end(warehouse, true, fields{"total_rows": rows + 350})

	// Switched off: it asks before it runs, and skips.
	if !register("legacy report", "publication", nil).Active {
		fmt.Println("legacy report: inactive, skipped")
	}

	// One fails, and so does the night.
	execution = start(register("publish report", "publication", nil), fields{"parent_id": night})
	end(execution, false, fields{"error_message": "the mail server does not answer"})
	end(night, false, fields{"error_message": "publish report failed"})

	var tree node
	call("GET", fmt.Sprintf("/pipeline_execution/%d/tree", night), nil, &tree)
	show(tree)
}
