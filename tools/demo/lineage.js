/**
 * What the pipelines of the demo read and write.
 *
 * @typedef {{namespace: string, name: string}} Dataset
 */

/** @param {string} namespace @returns {(...names: string[]) => Dataset[]} */
const within =
  (namespace) =>
  (...names) =>
    names.map((name) => ({ namespace, name }));

const shop = within('postgres://orders-replica:5432');
const ledger = within('oracle://finance:1521');
const topic = within('kafka://events:9092');
const lake = within('s3://lake');
const partners = within('s3://partners');
const store = within('snowflake://acme');
const page = within('dashboard://looker');

/** Inputs and outputs by the name of the pipeline. @type {Record<string, readonly [inputs: Dataset[], outputs: Dataset[]]>} */
export const LINEAGE = {
  'Extract customers': [shop('shop.public.customers'), lake('raw/customers/')],
  'Extract orders': [shop('shop.public.orders'), lake('raw/orders/')],
  'Extract order lines': [shop('shop.public.order_lines'), lake('raw/order_lines/')],
  'Extract products': [shop('shop.public.products'), lake('raw/products/')],
  'Extract payments': [shop('shop.public.payments'), lake('raw/payments/')],
  'Extract returns': [shop('shop.public.returns'), lake('raw/returns/')],
  'Load customer dimension': [lake('raw/customers/'), store('CORE.PUBLIC.DIM_CUSTOMER')],
  'Load product dimension': [lake('raw/products/'), store('CORE.PUBLIC.DIM_PRODUCT')],
  'Load order facts': [lake('raw/orders/', 'raw/order_lines/', 'raw/returns/'), store('CORE.PUBLIC.FACT_ORDER')],
  'Load payment facts': [lake('raw/payments/'), store('CORE.PUBLIC.FACT_PAYMENT')],
  'model revenue by day': [
    store('CORE.PUBLIC.FACT_ORDER', 'CORE.PUBLIC.FACT_PAYMENT'),
    store('MART.PUBLIC.REVENUE_BY_DAY'),
  ],
  'model customer value': [
    store('CORE.PUBLIC.DIM_CUSTOMER', 'CORE.PUBLIC.FACT_ORDER'),
    store('MART.PUBLIC.CUSTOMER_VALUE'),
  ],
  'model basket analysis': [store('CORE.PUBLIC.DIM_PRODUCT', 'CORE.PUBLIC.FACT_ORDER'), store('MART.PUBLIC.BASKET')],
  'Extract web events': [topic('web'), lake('events/web/')],
  'Extract app events': [topic('app'), lake('events/app/')],
  'Extract mail events': [topic('mail'), lake('events/mail/')],
  'Load sessions': [lake('events/web/', 'events/app/', 'events/mail/'), store('CORE.PUBLIC.SESSION')],
  'model funnel': [store('CORE.PUBLIC.SESSION'), store('MART.PUBLIC.FUNNEL')],
  'model stg_customers': [store('CORE.PUBLIC.DIM_CUSTOMER'), store('DBT.STAGING.STG_CUSTOMERS')],
  'model stg_orders': [store('CORE.PUBLIC.FACT_ORDER'), store('DBT.STAGING.STG_ORDERS')],
  'model stg_payments': [store('CORE.PUBLIC.FACT_PAYMENT'), store('DBT.STAGING.STG_PAYMENTS')],
  'model int_orders_enriched': [
    store('DBT.STAGING.STG_ORDERS', 'DBT.STAGING.STG_PAYMENTS'),
    store('DBT.INTERMEDIATE.INT_ORDERS_ENRICHED'),
  ],
  'model int_customer_orders': [
    store('DBT.STAGING.STG_CUSTOMERS', 'DBT.STAGING.STG_ORDERS'),
    store('DBT.INTERMEDIATE.INT_CUSTOMER_ORDERS'),
  ],
  'model mart_churn': [
    store('DBT.INTERMEDIATE.INT_CUSTOMER_ORDERS', 'CORE.PUBLIC.SESSION'),
    store('DBT.MARTS.MART_CHURN'),
  ],
  'model mart_finance': [
    [...store('DBT.INTERMEDIATE.INT_ORDERS_ENRICHED'), ...lake('rates/exchange/')],
    store('DBT.MARTS.MART_FINANCE'),
  ],
  'model mart_marketing': [
    store('DBT.INTERMEDIATE.INT_CUSTOMER_ORDERS', 'MART.PUBLIC.FUNNEL'),
    store('DBT.MARTS.MART_MARKETING'),
  ],
  'Import partner file': [partners('acme/'), lake('partners/stock/')],
  'Load partner stock': [lake('partners/stock/'), store('CORE.PUBLIC.PARTNER_STOCK')],
  'Extract ledger': [ledger('FIN.GL.ENTRIES'), lake('finance/ledger/')],
  'Extract invoices': [ledger('FIN.AR.INVOICES'), lake('finance/invoices/')],
  'Reconcile accounts': [
    [...lake('finance/ledger/', 'finance/invoices/'), ...store('DBT.MARTS.MART_FINANCE')],
    store('FINANCE.PUBLIC.RECONCILED'),
  ],
  'Publish closing report': [store('FINANCE.PUBLIC.RECONCILED'), page('Monthly close')],
  'Build user features': [
    store('MART.PUBLIC.CUSTOMER_VALUE', 'DBT.MARTS.MART_CHURN', 'CORE.PUBLIC.SESSION'),
    lake('features/users/'),
  ],
  'Build item features': [store('CORE.PUBLIC.DIM_PRODUCT', 'MART.PUBLIC.BASKET'), lake('features/items/')],
  'Train recommendation model': [lake('features/users/', 'features/items/'), lake('models/recommendation/')],
  'Score recommendations': [lake('models/recommendation/', 'features/users/'), store('MART.PUBLIC.RECOMMENDATION')],
  'Search index refresh': [store('CORE.PUBLIC.DIM_PRODUCT', 'MART.PUBLIC.RECOMMENDATION'), topic('search-index')],
  'Exchange rates': [within('https://rates.example.com')('daily'), lake('rates/exchange/')],
  'Weather forecast': [within('https://weather.example.com')('forecast'), lake('weather/forecast/')],
};
