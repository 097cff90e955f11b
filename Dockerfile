# The service alone: compiled code, production dependencies, no compiler and no embedded database (so DATABASE_URL is
# required). Writes no files: runs with a read-only root file system, and as any user.

# The image has no optional packages: Node and PostgreSQL from npm, for machines that have none. The build stage has them,
# since the bundler of the console comes as one. Install scripts are left out everywhere: nothing needs one, and a script
# that does not run can't be abused.
#
# The base is pinned by the digest of its index for all architectures; Renovate moves it. The first two stages run on the
# architecture of the builder: what they make is JavaScript, the same for all. So no architecture has to be emulated.
FROM --platform=$BUILDPLATFORM node:24-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS build
WORKDIR /app
COPY package.json package-lock.json ./
COPY console/package.json ./console/
RUN npm ci --ignore-scripts
COPY nest-cli.json tsconfig.json tsconfig.build.json ormconfig.ts ./
COPY tools/build.js tools/api-types.js tools/compress-console.js ./tools/
COPY openapi ./openapi
COPY src ./src
COPY console ./console
RUN node tools/build.js

FROM --platform=$BUILDPLATFORM node:24-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6 AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --workspaces=false

FROM node:24-slim@sha256:0e0ff40c39bc087845bfb27465a0df4ea419520094bc35842ff83dd8cbe6f9b6
# HOST: the loopback address of a container can't be reached from outside.
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8000
WORKDIR /app
# Node reads "type": "module" there.
COPY package.json ./
COPY --from=dependencies /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# `watcher key` asks it whether this Node is recent enough.
COPY tools/runtime.js ./tools/
# The user `node`, as a number: Kubernetes can check only a number against runAsNonRoot.
USER 1000:1000
EXPOSE 8000
# Checks liveness, not readiness: a restart of the container does not repair an absent database. Uses node, since slim
# has no curl.
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8000}/health/live`).then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# Exec form, and node itself instead of npm: SIGTERM reaches the service.
# A young generation of 16 MB per half: less memory under load than the default, see docs/performance.md.
CMD ["node", "--max-semi-space-size=16", "dist/src/main.js"]
