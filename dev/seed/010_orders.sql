-- Orders to look at: one on its way, one delivered, one that failed. Run as often as you like.
INSERT INTO orders (id, shopify_order_id, number, customer, email, currency, total, shipping_address, status,
                    payment, parcel_requested_at, created_at, updated_at)
VALUES
  ('00000000-0000-4000-8000-000000000001', 'seed-1', '#S1', 'Ada Byron', 'ada@example.com', 'EUR', 49.90,
   '{"name": "Ada Byron", "address": "Kerkstraat 1", "house_number": "", "city": "Gent", "postal_code": "9000", "country": "BE", "telephone": "", "email": "ada@example.com"}',
   'delivered', 'paid', now() - interval '3 days', now() - interval '4 days', now() - interval '1 day'),
  ('00000000-0000-4000-8000-000000000002', 'seed-2', '#S2', 'Grace Hopper', 'grace@example.com', 'EUR', 24.50,
   '{"name": "Grace Hopper", "address": "Meir 10", "house_number": "", "city": "Antwerpen", "postal_code": "2000", "country": "BE", "telephone": "", "email": "grace@example.com"}',
   'shipping', 'paid', now() - interval '5 hours', now() - interval '1 day', now() - interval '4 hours'),
  ('00000000-0000-4000-8000-000000000003', 'seed-3', '#S3', 'Alan Turing', 'alan@example.com', 'EUR', 12.00,
   '{"name": "Alan Turing", "address": "Bondgenotenlaan 5", "house_number": "", "city": "Leuven", "postal_code": "3000", "country": "BE", "telephone": "", "email": "alan@example.com"}',
   'failed', 'paid', NULL, now() - interval '2 hours', now() - interval '1 hour')
ON CONFLICT DO NOTHING;

INSERT INTO order_items (id, order_id, position, title, sku, quantity, print_job_id, print_status, print_attempt,
                         print_version, print_error)
VALUES
  ('00000000-0000-4000-8000-000000000101', '00000000-0000-4000-8000-000000000001', 0, 'Vase', 'VASE-1', 1,
   '00000000-0000-4000-8000-000000000201', 'done', 1, 3, NULL),
  ('00000000-0000-4000-8000-000000000102', '00000000-0000-4000-8000-000000000002', 0, 'Lamp', 'LAMP-1', 2,
   '00000000-0000-4000-8000-000000000202', 'done', 1, 3, NULL),
  ('00000000-0000-4000-8000-000000000103', '00000000-0000-4000-8000-000000000003', 0, 'Hook', 'HOOK-1', 4,
   '00000000-0000-4000-8000-000000000203', 'failed', 1, 3, 'the print came off the bed')
ON CONFLICT DO NOTHING;
