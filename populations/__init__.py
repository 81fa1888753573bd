"""Many islands: hosts on Ray, the selection controller, migration, and the record that must survive them."""
