// Fills in the values of gjson-table.json with what the real gjson gives:
//
//	mkdir /tmp/table && cp gjson-table.go gjson-table.json /tmp/table && cd /tmp/table
//	go mod init table && go get github.com/tidwall/gjson@v1.18.0 && go run gjson-table.go
//
// To add a row give it any value, and run this.
package main

import (
	"bytes"
	"encoding/json"
	"os"

	"github.com/tidwall/gjson"
)

type group struct {
	JSON string      `json:"json"`
	Rows [][2]string `json:"rows"`
}

func main() {
	var groups []group
	text, err := os.ReadFile("gjson-table.json")
	if err == nil {
		err = json.Unmarshal(text, &groups)
	}
	if err != nil {
		panic(err)
	}
	for _, group := range groups {
		for i := range group.Rows {
			group.Rows[i][1] = gjson.Get(group.JSON, group.Rows[i][0]).String()
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err = encoder.Encode(groups); err == nil {
		err = os.WriteFile("gjson-table.json", out.Bytes(), 0o644)
	}
	if err != nil {
		panic(err)
	}
}
