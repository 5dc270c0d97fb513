-- Something to profile: fills two tables, joins them, and sorts by an expression.
CREATE TABLE city(id INTEGER PRIMARY KEY, name TEXT, country TEXT, people INTEGER);
CREATE TABLE visit(city INTEGER, year INTEGER, guests INTEGER);
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)
INSERT INTO city SELECT i, printf('city-%05d', i), char(65 + i % 26), (i * 7919) % 1000000 FROM n;
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000)
INSERT INTO visit SELECT 1 + (i * 31) % 5000, 1990 + i % 30, (i * 104729) % 10000 FROM n;
CREATE INDEX visit_city ON visit(city);
SELECT country, count(*), sum(guests), group_concat(DISTINCT substr(name, 1, 7))
FROM city JOIN visit ON visit.city = city.id
GROUP BY country ORDER BY sum(guests) / count(DISTINCT year) DESC;
