import csv, sys
from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkdgc.v1 import DgcClient, ExportJobListRequest, ExportJobsReq

credentials, endpoint, *jobs = sys.argv[1:]
keys, = csv.DictReader(open(credentials))
who = BasicCredentials(keys["Access Key Id"], keys["Secret Access Key"], keys["Project Id"])
client = DgcClient.new_builder().with_credentials(who).with_endpoint(endpoint).build()
request = ExportJobListRequest(body=ExportJobsReq(job_list=jobs))
open("jobs.zip", "wb").write(client.export_job_list(request).raw_content)
