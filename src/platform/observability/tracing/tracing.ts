import type { Config } from '../../config/config.js';

/** Traces that are on. */
export interface Tracing {
  /** Sends what has not been sent yet. Never rejects: a collector that is away must not hold up a stop. */
  readonly stop: () => Promise<void>;
}

/** A trace is worth most while the trouble is there. */
const SEND_EVERY_MS = 1000;

/** How long the last spans may take to be sent. */
const FLUSH_WITHIN_MS = 1000;

/**
 * Sends traces to the collector, where one is configured. The packages of OpenTelemetry's SDK are loaded only then, so
 * that nobody else pays for them. Once a process, before the first request and the first statement.
 */
export async function startTracing(config: Config, version: string): Promise<Tracing | undefined> {
  if (config.otlpEndpoint === undefined) return undefined;
  const [{ context, propagation, trace }, core, contexts, exporters, resources, sdk, { traceStatements }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/core'),
      import('@opentelemetry/context-async-hooks'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
      import('./pg-spans.js'),
    ]);
  const provider = new sdk.TracerProvider({
    resource: resources
      .defaultResource()
      .merge(resources.detectResources({ detectors: [resources.resourceAttributesEnvDetector] }))
      .merge(resources.resourceFromAttributes({ 'service.name': config.otelServiceName, 'service.version': version })),
    sampler: new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(config.otelSampleRatio) }),
    spanProcessors: [
      new sdk.BatchSpanProcessor({
        scheduledDelayMillis: SEND_EVERY_MS,
        exporter: new exporters.OTLPTraceExporter({ url: `${config.otlpEndpoint.replace(/\/+$/, '')}/v1/traces` }),
      }),
    ],
  });
  context.setGlobalContextManager(new contexts.AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new core.W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  traceStatements();
  return {
    stop: async () => {
      await provider.forceFlush({ timeoutMillis: FLUSH_WITHIN_MS }).catch(() => undefined);
    },
  };
}
