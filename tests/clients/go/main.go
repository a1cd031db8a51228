// Run a table's rows through the vendor's Go SDK, as python_client.py does for Python:
// `client dgc` reads the service and the rows from standard input, and prints a JSON
// object an operation.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strings"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/httphandler"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	cdm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1"
	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
)

type service struct {
	Endpoint  string
	Ak        string
	Sk        string
	ProjectId string `json:"project_id"`
	CaCert    string `json:"ca_cert"`
}

// What table.py says of rows holds here too.
type row struct {
	Operation string
	Request   map[string]interface{}
	Raw       string
	Body      map[string]interface{}
	Headers   map[string]string
	Status    int
	Error     string
	Shows     map[string]interface{}
	Zip       map[string]interface{}
	Keep      map[string]string
	Needs     string
	Ended     bool
	Outcome   string
}

type result struct {
	Operation string `json:"operation"`
	Outcome   string `json:"outcome"`
	Why       string `json:"why"`
}

// The SDK's client of one service, what rows kept, and the last answer's headers.
type sdk struct {
	http    *core.HcHttpClient
	client  reflect.Value
	kept    map[string]string
	headers http.Header
}

func newSdk(name string, s service) *sdk {
	made := &sdk{kept: map[string]string{}}
	handler := httphandler.NewHttpHandler().AddResponseHandler(func(r http.Response) {
		made.headers = r.Header
	})
	credentials, err := basic.NewCredentialsBuilder().
		WithAk(s.Ak).WithSk(s.Sk).WithProjectId(s.ProjectId).SafeBuild()
	must(err)
	builder := map[string]func() *core.HcHttpClientBuilder{
		"dgc": dgc.DgcClientBuilder, "cdm": cdm.CdmClientBuilder}[name]()
	made.http, err = builder.WithEndpoints([]string{s.Endpoint}).WithCredential(credentials).
		WithHttpConfig(config.DefaultHttpConfig().WithHttpHandler(handler)).SafeBuild()
	must(err)
	if name == "cdm" {
		made.client = reflect.ValueOf(cdm.NewCdmClient(made.http))
	} else {
		made.client = reflect.ValueOf(dgc.NewDgcClient(made.http))
	}
	return made
}

// Every operation of the client.
func (s *sdk) operations() []string {
	var names []string
	for i := 0; i < s.client.NumMethod(); i++ {
		name := s.client.Type().Method(i).Name
		if !strings.HasSuffix(name, "Invoker") {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

var variable = regexp.MustCompile(`\$\w+`)

func (s *sdk) fill(text string) string {
	return variable.ReplaceAllStringFunc(text, func(name string) string {
		if kept, ok := s.kept[name[1:]]; ok {
			return kept
		}
		return name
	})
}

// The members, texts of them filled.
func (s *sdk) filled(members map[string]interface{}) map[string]interface{} {
	filled := map[string]interface{}{}
	for name, value := range members {
		if text, ok := value.(string); ok {
			value = s.fill(text)
		}
		filled[name] = value
	}
	return filled
}

// The row's request as the SDK's model: a pointer.
func (s *sdk) request(r row) reflect.Value {
	request := reflect.New(s.client.MethodByName(r.Operation).Type().In(0).Elem())
	must(json.Unmarshal(encoded(s.filled(r.Request)), request.Interface()))
	return request
}

// Calls the row's operation: the answer (a pointer to the SDK's model), its bytes if it
// is an archive, and the SDK's error.
func (s *sdk) call(r row) (interface{}, []byte, error) {
	if r.Raw != "" {
		answer, err := s.callRaw(r)
		return answer, nil, err
	}
	if r.Zip != nil {
		return s.callStream(r)
	}
	out := s.client.MethodByName(r.Operation).Call([]reflect.Value{s.request(r)})
	err, _ := out[1].Interface().(error)
	return out[0].Interface(), nil, err
}

// As call, of a task until it has ended.
func (s *sdk) callToEnd(r row) (interface{}, []byte, error) {
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(100 * time.Millisecond) {
		answer, archive, err := s.call(r)
		if err != nil || !r.Ended || find(answer, "status") != "RUNNING" {
			return answer, archive, err
		}
		if time.Now().After(end) {
			return nil, nil, errors.New("the task does not end")
		}
	}
}

func (s *sdk) run(r row) (failed error) {
	defer func() {
		if panicked := recover(); panicked != nil {
			failed = fmt.Errorf("panic: %v", panicked)
		}
	}()
	answer, archive, err := s.callToEnd(r)
	if err != nil {
		refused, ok := err.(*sdkerr.ServiceResponseError)
		if !ok || r.Error == "" {
			return fmt.Errorf("refused: %w", err)
		}
		return checkError(r, refused, s.headers)
	}
	if r.Error != "" {
		return fmt.Errorf("not refused: %v", answer)
	}
	return s.checkAnswer(r, answer, archive)
}

// The row of an operation that the table lacks: each path parameter is an x.
func (s *sdk) notServed(operation string) row {
	r := row{Operation: operation, Outcome: "NOT_SERVED", Status: 404, Error: "APIGW.0101",
		Request: map[string]interface{}{}}
	request := s.client.MethodByName(operation).Type().In(0).Elem()
	for i := 0; i < request.NumField(); i++ {
		name := strings.Split(request.Field(i).Tag.Get("json"), ",")[0]
		if strings.HasSuffix(name, "_name") || strings.HasSuffix(name, "_id") {
			r.Request[name] = "x"
		}
	}
	return r
}

func main() {
	var task struct {
		Service service
		Rows    []row
	}
	must(json.NewDecoder(os.Stdin).Decode(&task))
	if task.Service.CaCert != "" { // the SDK leaves it to Go whom to trust
		must(os.Setenv("SSL_CERT_FILE", task.Service.CaCert))
	}
	s := newSdk(os.Args[1], task.Service)
	var rows []row
	tested := map[string]bool{}
	for _, r := range task.Rows {
		needed := r.Needs == "" || s.client.MethodByName(r.Needs).IsValid()
		if needed && s.client.MethodByName(r.Operation).IsValid() {
			rows = append(rows, r)
			tested[r.Operation] = true
		}
	}
	for _, name := range s.operations() {
		if !tested[name] {
			rows = append(rows, s.notServed(name))
		}
	}
	var results []*result
	byName := map[string]*result{}
	for _, r := range rows {
		one := byName[r.Operation]
		if one == nil {
			one = &result{Operation: r.Operation, Outcome: "PASSED"}
			byName[r.Operation] = one
			results = append(results, one)
		}
		if r.Outcome != "" && one.Outcome == "PASSED" {
			one.Outcome = r.Outcome
		}
		if err := s.run(r); err != nil {
			one.Outcome = "FAILED"
			one.Why += fmt.Sprintf("%s\n%v\n", encoded(r), err)
		}
	}
	for _, one := range results {
		fmt.Printf("%s\n", encoded(one))
	}
}

func encoded(value interface{}) []byte {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	must(encoder.Encode(value))
	return bytes.TrimSpace(buffer.Bytes())
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
