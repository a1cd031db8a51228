package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
)

func decoded(text []byte) interface{} {
	var value interface{}
	must(json.Unmarshal(text, &value))
	return value
}

// Fails unless got has what is wanted, as far as it is known to the SDK's model.
func contains(wanted, known, got interface{}, where string) error {
	switch w := wanted.(type) {
	case map[string]interface{}:
		k, _ := known.(map[string]interface{})
		g, ok := got.(map[string]interface{})
		if !ok {
			return fmt.Errorf("%s: %v", where, got)
		}
		for name := range w {
			if _, ok := k[name]; !ok {
				continue
			}
			if _, ok := g[name]; !ok {
				return fmt.Errorf("%s: no %s in %v", where, name, got)
			}
			if err := contains(w[name], k[name], g[name], where+"."+name); err != nil {
				return err
			}
		}
	case []interface{}:
		k, _ := known.([]interface{})
		g, ok := got.([]interface{})
		if !ok || len(g) != len(w) || len(k) != len(w) {
			return fmt.Errorf("%s: %d wanted, %v", where, len(w), got)
		}
		for i := range w {
			if err := contains(w[i], k[i], g[i], fmt.Sprintf("%s[%d]", where, i)); err != nil {
				return err
			}
		}
	default:
		if !reflect.DeepEqual(known, got) {
			return fmt.Errorf("%s: %v wanted, %v", where, known, got)
		}
	}
	return nil
}

func checkError(r row, refused *sdkerr.ServiceResponseError, headers http.Header) error {
	if refused.StatusCode != r.Status || refused.ErrorCode != r.Error ||
		refused.ErrorMessage == "" {
		return fmt.Errorf("%d %s wanted: %w", r.Status, r.Error, refused)
	}
	if refused.RequestId == "" || refused.RequestId != headers.Get("X-Request-Id") {
		return fmt.Errorf("%q is not the header's request id", refused.RequestId)
	}
	return nil
}

func checkZip(wanted map[string]interface{}, content []byte) error {
	archive, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		return err
	}
	if len(archive.File) != len(wanted) {
		return fmt.Errorf("%d entries wanted, %d", len(wanted), len(archive.File))
	}
	for _, entry := range archive.File {
		if wanted[entry.Name] == nil {
			return fmt.Errorf("unexpected entry %s", entry.Name)
		}
		file, err := entry.Open()
		if err != nil {
			return err
		}
		text, err := io.ReadAll(file) // checks the entry's CRC too
		if err != nil {
			return err
		}
		members := wanted[entry.Name]
		if err := contains(members, members, decoded(text), entry.Name); err != nil {
			return err
		}
	}
	return nil
}

func (s *sdk) checkAnswer(r row, answer interface{}, archive []byte) error {
	status := int(reflect.ValueOf(answer).Elem().FieldByName("HttpStatusCode").Int())
	if status != r.Status || s.headers.Get("X-Request-Id") == "" {
		return fmt.Errorf("%d wanted, %d", r.Status, status)
	}
	if r.Zip != nil {
		return checkZip(r.Zip, archive)
	}
	got := decoded(encoded(answer))
	if r.Shows != nil {
		wanted := s.filled(r.Shows)
		known := reflect.New(reflect.TypeOf(answer).Elem()).Interface()
		must(json.Unmarshal(encoded(wanted), known))
		if err := contains(wanted, decoded(encoded(known)), got, "answer"); err != nil {
			return err
		}
	}
	for name, path := range r.Keep {
		s.kept[name] = find(answer, path)
	}
	return nil
}

// The text at path, such as clusters.0.id, of an answer; of its Body where that is all
// that the model has.
func find(answer interface{}, path string) string {
	value := decoded(encoded(answer))
	if body, ok := value.(map[string]interface{})["body"].(string); ok {
		value = decoded([]byte(body))
	}
	for _, step := range strings.Split(path, ".") {
		if i, err := strconv.Atoi(step); err == nil {
			value = value.([]interface{})[i]
		} else {
			value = value.(map[string]interface{})[step]
		}
	}
	return value.(string)
}
