import { lazy, type ReactNode, Suspense } from 'react';
import { Route, Switch } from 'wouter';
import { useSession } from './data/session.ts';
import { Page } from './ui/page.tsx';
import { Boundary } from './ui/boundary.tsx';
import { Empty, Failure, Loading } from './ui/states.tsx';
import { LoginPage } from './pages/login.tsx';
import { OverviewPage } from './pages/overview.tsx';
import { Shell } from './shell.tsx';

const RunsPage = lazy(() => import('./pages/runs.tsx'));
const RunPage = lazy(() => import('./pages/run.tsx'));
const ComparePage = lazy(() => import('./pages/compare.tsx'));
const PipelinesPage = lazy(() => import('./pages/pipelines.tsx'));
const PipelinePage = lazy(() => import('./pages/pipeline.tsx'));
const IncidentsPage = lazy(() => import('./pages/incidents.tsx'));
const IncidentPage = lazy(() => import('./pages/incident.tsx'));
const DatasetsPage = lazy(() => import('./pages/datasets.tsx'));
const DatasetPage = lazy(() => import('./pages/dataset.tsx'));
const DailyPage = lazy(() => import('./pages/daily.tsx'));
const AlertsPage = lazy(() => import('./pages/alerts.tsx'));
const RetentionPage = lazy(() => import('./pages/retention.tsx'));
const GoPage = lazy(() => import('./pages/go.tsx'));

/** The pages by their addresses, for whoever is logged in. */
export function App(): ReactNode {
  const session = useSession();
  if (session.error && session.error.status === 401) return <LoginPage />;
  if (session.data === undefined) {
    return session.error ? <Failure error={session.error} retry={() => void session.refetch()} /> : <Loading />;
  }
  return (
    <Shell>
      <Boundary>
        <Suspense fallback={<Loading rows={12} />}>
          <Switch>
            <Route path="/" component={OverviewPage} />
            <Route path="/runs" component={RunsPage} />
            <Route path="/runs/:id">{({ id }) => <RunPage key={id} id={Number(id)} />}</Route>
            <Route path="/runs/:id/compare/:other">
              {({ id, other }) => <ComparePage id={Number(id)} other={Number(other)} />}
            </Route>
            <Route path="/executions/:id">{({ id }) => <GoPage id={Number(id)} />}</Route>
            <Route path="/go">
              <GoPage />
            </Route>
            <Route path="/pipelines" component={PipelinesPage} />
            <Route path="/pipelines/:key/:tab?">
              {({ key, tab }) => <PipelinePage name={key} tab={tab ?? 'runs'} />}
            </Route>
            <Route path="/incidents" component={IncidentsPage} />
            <Route path="/incidents/:id">{({ id }) => <IncidentPage id={Number(id)} />}</Route>

            <Route path="/datasets" component={DatasetsPage} />
            <Route path="/datasets/:id/:tab?">
              {({ id, tab }) => <DatasetPage key={id} id={Number(id)} tab={tab ?? 'lineage'} />}
            </Route>
            <Route path="/reports/daily" component={DailyPage} />
            <Route path="/alerts" component={AlertsPage} />
            <Route path="/retention" component={RetentionPage} />
            <Route>
              <Page title="No such page">
                <Empty title="There is nothing at this address">The menu has all pages; the key / searches.</Empty>
              </Page>
            </Route>
          </Switch>
        </Suspense>
      </Boundary>
    </Shell>
  );
}
