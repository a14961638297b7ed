package table

func check(t *Table, r *report) {}
