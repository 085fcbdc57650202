-- The shop's tables. Everything is invented; setseed makes the rows the same each time.
-- :movements (rows of stock_movements) is set by run.py.
SELECT setseed(0.42);

CREATE ROLE catalog LOGIN;
CREATE ROLE checkout LOGIN;
CREATE ROLE inventory LOGIN;
CREATE ROLE payments LOGIN;
ALTER ROLE catalog SET statement_timeout = '2s';
ALTER ROLE checkout SET statement_timeout = '2s';
ALTER ROLE payments SET statement_timeout = '2s';
ALTER ROLE inventory SET statement_timeout = '250ms';

CREATE TABLE products (
    sku         text PRIMARY KEY,
    name        text NOT NULL,
    category    text NOT NULL,
    price_cents int  NOT NULL,
    updated_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO products
SELECT 'FRN-' || lpad(n::text, 5, '0'),
       (ARRAY['Oak','Linen','Copper','Slate','Wool','Birch','Clay','Cork','Brass','Felt'])[1 + floor(random() * 10)::int]
       || ' ' ||
       (ARRAY['lamp','stool','kettle','throw','tray','vase','shelf','mug','clock','planter'])[1 + floor(random() * 10)::int]
       || ' No. ' || n,
       (ARRAY['lighting','kitchen','textiles','furniture','garden','office','storage','bath'])[1 + floor(random() * 8)::int],
       500 + floor(random() * 24500)::int
FROM generate_series(1, 20000) AS n;
CREATE INDEX products_category_price_idx ON products (category, price_cents);

-- Stock is a ledger: what is on hand is the sum of all movements of a SKU in a warehouse.
CREATE TABLE stock_movements (
    id           bigserial PRIMARY KEY,
    sku          text NOT NULL,
    warehouse    text NOT NULL,
    quantity     int  NOT NULL,
    reason       text NOT NULL,
    reference    text NOT NULL,
    recorded_at  timestamptz NOT NULL
);
INSERT INTO stock_movements (sku, warehouse, quantity, reason, reference, recorded_at)
SELECT 'FRN-' || lpad((1 + floor(random() * 20000))::int::text, 5, '0'),
       (ARRAY['north','south','harbour'])[1 + floor(random() * 3)::int],
       CASE WHEN random() < 0.55 THEN floor(random() * 30)::int ELSE -floor(random() * 22)::int END,
       (ARRAY['purchase','sale','return','count','transfer'])[1 + floor(random() * 5)::int],
       'mv-' || md5(n::text),
       now() - random() * interval '400 days'
FROM generate_series(1, :movements) AS n;
CREATE INDEX stock_movements_sku_idx ON stock_movements (sku, warehouse);
CREATE INDEX stock_movements_recorded_at_idx ON stock_movements (recorded_at);

CREATE TABLE orders (
    id          bigserial PRIMARY KEY,
    customer    text NOT NULL,
    sku         text NOT NULL,
    quantity    int  NOT NULL,
    total_cents int  NOT NULL,
    status      text NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
INSERT INTO orders (customer, sku, quantity, total_cents, status, created_at)
SELECT 'cus_' || substr(md5('c' || floor(random() * 4000)), 1, 8),
       'FRN-' || lpad((1 + floor(random() * 20000))::int::text, 5, '0'),
       1 + floor(random() * 3)::int, 500 + floor(random() * 60000)::int,
       (ARRAY['paid','shipped','delivered'])[1 + floor(random() * 3)::int],
       now() - random() * interval '90 days'
FROM generate_series(1, 40000);
CREATE INDEX orders_created_at_idx ON orders (created_at);

CREATE TABLE payments (
    id           bigserial PRIMARY KEY,
    order_id     bigint NOT NULL,
    amount_cents int    NOT NULL,
    auth_code    text,
    outcome      text   NOT NULL,
    settled      boolean NOT NULL DEFAULT false,
    created_at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX payments_unsettled_idx ON payments (id) WHERE NOT settled;

GRANT SELECT, INSERT, UPDATE ON ALL TABLES IN SCHEMA public TO catalog, checkout, inventory, payments;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO catalog, checkout, inventory, payments;
VACUUM ANALYZE;
