import { QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { Router } from 'wouter';
import { App } from './app.tsx';
import { queryClient } from './data/queries.ts';
import './styles/index.css';

const root = document.getElementById('app');
if (!root) throw new Error('the page has no place for the console');
const base = new URL(document.baseURI).pathname.replace(/\/$/, '');

createRoot(root).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <Router base={base}>
        <App />
      </Router>
    </QueryClientProvider>
  </StrictMode>,
);
