"""The API of the release named here; mod_wsgi loads it anew when this file has changed."""

import site
import sys

RELEASE = "${root}/opt/ceilometer/${release}"

sys.path[:] = [path for path in sys.path if not path.endswith("-packages")]
site.addsitedir(RELEASE + "/lib/python3.11/site-packages")

from ceilometer import service
from ceilometer.api import app

conf = service.prepare_service([], config_files=["${root}/etc/ceilometer/ceilometer.conf"])
application = app.load_app(conf)
