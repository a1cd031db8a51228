// Prints the rows of sign_vectors_go.inc: requests that gophertelekomcloud signed.
//
//	go mod init x && go get github.com/opentelekomcloud/gophertelekomcloud@v0.9.0
//	go run make_sign_vectors.go > sign_vectors_go.inc
package main

import (
	"fmt"
	"net/http"
	"strings"

	golangsdk "github.com/opentelekomcloud/gophertelekomcloud"
)

const p = "/v1/p/jobs"

var cases = []struct{ name, method, target, note, body, region, service string }{
	{"no query", "GET", p, "", "", "", ""},
	{"Chinese", "GET", p + "/%E4%BD%9C%E4%B8%9A", "", "", "", ""},
	{"plus, slash, tilde, star", "GET", p + "/a+b%2Bc%2Fd~e*f", "", "", "", ""},
	{"capitals among the keys", "GET", p + "?b=1&B1=2&a=3&C=4&_=5", "", "", "", ""},
	{"a repeated key", "GET", p + "?tag=z&tag=a&tag=m", "", "", "", ""},
	{"an escaped key", "GET", p + "?%E4%BD%9C=%E4%B8%9A&z=1&A=2&a%3D=3", "", "", "", ""},
	{"blanks", "GET", p + "?a=b+c%20d&e=%2B", "", "", "", ""},
	{"empty values", "GET", p + "?a=&b&c=1", "", "", "", ""},
	{"blanks in a header", "GET", p, "a  b \t c", "", "", ""},
	{"UTF-8 in a header", "GET", p, "作业", "", "", ""},
	{"a scope", "GET", p, "", "", "region-1", "dlf"},
	{"a POST without body", "POST", p, "", "", "", ""},
	{"a POST of a query", "POST", p + "?b=2&a=1", "", "", "", ""},
	{"a POST of blanks", "POST", p + "?b=1+2%203&B=~*%2B", "", "", "", ""},
	{"a POST of a repeated key", "POST", p + "?b=2&b=1&a=3", "", "", "", ""},
	{"a POST of body and query", "POST", p + "?b=2&A=1", "", `{"a":1}`, "", ""},
	{"a PUT of UTF-8", "PUT", p + "/j", "", `{"a":"作业"}`, "", ""},
	{"a DELETE with a query", "DELETE", p + "?b=2&a=1", "", "", "", ""},
}

func quote(s string) string {
	var out strings.Builder
	for _, c := range []byte(s) {
		if c >= 32 && c < 127 && c != '"' && c != '\\' {
			out.WriteByte(c)
		} else {
			fmt.Fprintf(&out, "\\%03o", c)
		}
	}
	return `"` + out.String() + `"`
}

func main() {
	for _, c := range cases {
		r, err := http.NewRequest(c.method, "http://dlf.example.com:8080"+c.target, nil)
		if err == nil && c.body != "" {
			r, err = http.NewRequest(c.method, r.URL.String(), strings.NewReader(c.body))
		}
		if err != nil {
			panic(err)
		}
		r.Header.Set("Accept", "application/json")
		if c.note != "" {
			r.Header.Set("X-Note", c.note)
		}
		golangsdk.Sign(r, golangsdk.SignOptions{
			AccessKey:  "DLFTESTAK0123456789A",
			SecretKey:  "dlfTestSecretKey0123456789abcdefghijklmn",
			RegionName: c.region, ServiceName: c.service,
		})
		authorization := r.Header.Get("Authorization")
		r.Header.Del("Authorization")
		lines := ""
		for _, name := range []string{"Accept", "Host", "X-Note", "X-Sdk-Date"} {
			for _, value := range r.Header[name] {
				lines += name + ":" + value + "\n"
			}
		}
		path, query, _ := strings.Cut(c.target, "?")
		fmt.Printf("{ %s, %s, %s, %s, %s, %s, STR(%s) },\n", quote("B: "+c.name), quote(c.method),
			quote(path), quote(query), quote(lines), quote(authorization), quote(c.body))
	}
}
