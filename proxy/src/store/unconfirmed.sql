-- Version 2. A start asks for the sessions whose cookie has not come back yet: few among many.
CREATE INDEX unconfirmed ON sessions (id_hash) WHERE last_used_on IS NULL;
