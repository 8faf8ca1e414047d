from ceilometer import service
from ceilometer.api import app

conf = service.prepare_service([], config_files=["${etc}/ceilometer.conf"])
application = app.load_app(conf)
