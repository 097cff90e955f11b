import type { Config } from '../../config/config.js';

/** Active tracing. */
export interface Tracing {
  /** Sends the remaining spans. Never rejects: an unreachable collector must not delay a stop. */
  readonly stop: () => Promise<void>;
}

/** Spans are sent often, because a trace is most useful while the trouble lasts. */
const SEND_EVERY_MS = 1000;

/** How long the last spans may take to be sent. */
const FLUSH_WITHIN_MS = 1000;

/**
 * Sends traces to the collector, if one is configured. Loads the packages of OpenTelemetry's SDK only then, to spare
 * other installations their cost. Call it once per process, before the first request and the first statement.
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
