-- What print-service and shipping-service know of those orders.
INSERT INTO print_jobs (id, order_id, title, sku, quantity, status, attempt, version, error)
VALUES
  ('00000000-0000-4000-8000-000000000201', '00000000-0000-4000-8000-000000000001', 'Vase', 'VASE-1', 1, 'done', 1, 3, NULL),
  ('00000000-0000-4000-8000-000000000202', '00000000-0000-4000-8000-000000000002', 'Lamp', 'LAMP-1', 2, 'done', 1, 3, NULL),
  ('00000000-0000-4000-8000-000000000203', '00000000-0000-4000-8000-000000000003', 'Hook', 'HOOK-1', 4, 'failed', 1, 3,
   'the print came off the bed')
ON CONFLICT DO NOTHING;

INSERT INTO parcels (id, order_id, status, status_code, status_at, version, tracking_number, tracking_url, carrier)
VALUES
  ('00000000-0000-4000-8000-000000000301', '00000000-0000-4000-8000-000000000001', 'delivered', 11, 0, 3,
   '3SSEED000000001', 'https://tracking.example.com/3SSEED000000001', 'postnl'),
  ('00000000-0000-4000-8000-000000000302', '00000000-0000-4000-8000-000000000002', 'en_route', 3, 0, 2,
   '3SSEED000000002', 'https://tracking.example.com/3SSEED000000002', 'postnl')
ON CONFLICT DO NOTHING;

INSERT INTO order_parcels (order_id, parcel_id, version, status, tracking_number, tracking_url, carrier)
SELECT order_id, id, version, status, tracking_number, tracking_url, carrier
FROM parcels WHERE tracking_number LIKE '3SSEED%'
ON CONFLICT DO NOTHING;
