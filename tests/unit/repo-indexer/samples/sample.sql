-- All circles.
CREATE TABLE circle (
  id INTEGER PRIMARY KEY,
  radius REAL NOT NULL,
  pen_id INTEGER REFERENCES pen(id)
);
CREATE VIEW big AS SELECT id FROM circle WHERE radius > 3;
CREATE INDEX circle_radius ON circle(radius);
CREATE FUNCTION area(r REAL) RETURNS REAL AS $$ SELECT square(r) $$ LANGUAGE sql;
SELECT area(radius) FROM circle JOIN pen ON pen.id = circle.pen_id;
