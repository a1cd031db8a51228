package main

import (
	"errors"
	"io"
	"strings"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/def"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/exchange"
	dgc "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/dgc/v1"
)

// The requests of the operations that answer archives, by operation.
var definitions = map[string]func() *def.HttpRequestDef{
	"ExportJob":     dgc.GenReqDefForExportJob,
	"ExportJobList": dgc.GenReqDefForExportJobList,
}

type stream struct {
	Body           io.ReadCloser `json:"-" type:"stream"`
	HttpStatusCode int           `json:"-"`
}

// The answers' models of the exports have no member for the archive, and the SDK's
// methods fail on a body that is not JSON, whoever serves it.  So the SDK sends its own
// request, with an answer whose body it leaves to the caller.
func (s *sdk) callStream(r row) (interface{}, []byte, error) {
	define := definitions[r.Operation]
	if define == nil {
		return nil, nil, errors.New("no definition in call.go")
	}
	request := define()
	request.Response = new(stream)
	out, err := s.http.Sync(s.request(r).Interface(), request)
	if err != nil {
		return nil, nil, err
	}
	answer := out.(*stream)
	defer answer.Body.Close()
	content, err := io.ReadAll(answer.Body)
	return answer, content, err
}

type rawRequest struct {
	Body map[string]interface{} `json:"body,omitempty"`
}

type rawAnswer struct {
	ResourceId     string `json:"resourceId,omitempty"`
	HttpStatusCode int    `json:"-"`
}

// Sends headers and members that no model has.
func (s *sdk) callRaw(r row) (interface{}, error) {
	method, path, _ := strings.Cut(r.Raw, " ")
	request := def.NewHttpRequestDefBuilder().WithMethod(method).WithPath(s.fill(path)).
		WithResponse(new(rawAnswer)).WithContentType("application/json").
		WithRequestField(def.NewFieldDef().WithName("Body").WithLocationType(def.Body)).
		Build()
	exchanged := &exchange.SdkExchange{ApiReference: &exchange.ApiReference{},
		Attributes: map[string]interface{}{}}
	return s.http.SyncInvokeWithExtraHeaders(&rawRequest{r.Body}, request, exchanged, r.Headers)
}
