"""moto's server on a free port of the loopback interface, mended where it is not what AWS is.

It ends when its standard input does: whoever started it may end in any way, and nothing is left.
"""

import os
import sys
import threading


def follow_parent():
    sys.stdin.read()
    os._exit(0)


def mend():
    from moto.ec2.models.elastic_block_store import EBSBackend
    from moto.ec2.models.launch_templates import LaunchTemplate, LaunchTemplateBackend
    from moto.ec2.models.security_groups import SecurityGroupRule
    from moto.ec2.utils import parse_user_data
    from moto.elbv2 import models as load_balancers

    create_volume = EBSBackend.create_volume
    create_launch_template = LaunchTemplateBackend.create_launch_template
    create_version = LaunchTemplate.create_version
    arn_of_load_balancer = load_balancers.make_arn_for_load_balancer
    create_load_balancer = load_balancers.ELBv2Backend.create_load_balancer
    modify_listener = load_balancers.ELBv2Backend.modify_listener

    # A volume without a size has that of the image's snapshot. moto, whose images are made up, asks for one.
    def create_sized_volume(self, size=None, *rest, snapshot_id=None, **more):
        return create_volume(self, size if size or snapshot_id else 8, *rest, snapshot_id=snapshot_id, **more)

    # The tags of a launch template itself are not those that it gives to instances: moto adds them to the template's
    # data, so that every plan would take them out again.
    def create_template_without_own_tags(self, name, description, data, tags):
        for_others = [each for each in data.get("TagSpecifications", []) if each["ResourceType"] != "launch-template"]
        return create_launch_template(self, name, description, {**data, "TagSpecifications": for_others}, tags)

    # moto reads a template's user data in its first version only, and then fails to launch an instance from another.
    def create_version_with_user_data(self, data, description):
        if type(data.get("UserData")) is str:
            data = {**data, "UserData": parse_user_data(data["UserData"])}
        return create_version(self, data, description)

    # The ARN of a network load balancer says so; moto calls all of them application load balancers.
    kinds = {"network": "net", "gateway": "gwy"}
    kind = threading.local()

    def arn_of_its_kind(*args, **more):
        arn = arn_of_load_balancer(*args, **more)
        return arn.replace("/app/", f"/{getattr(kind, 'name', 'app')}/", 1)

    def create_load_balancer_of_its_kind(self, *args, **more):
        kind.name = kinds.get(more.get("loadbalancer_type"), "app")
        return create_load_balancer(self, *args, **more)

    # A listener can become one of any protocol of its load balancer; moto knows three of them.
    def modify_listener_of_any_protocol(self, arn, port=None, protocol=None, *rest, **more):
        is_known = protocol in (None, "HTTP", "HTTPS", "TCP")
        listener = modify_listener(self, arn, port, protocol if is_known else None, *rest, **more)
        if not is_known:
            listener.protocol = protocol
        return listener

    # moto forgets the description of a rule that names another group.
    def description_of_rule(self):
        return {**self.source_group, **self.ip_range}.get("Description")

    EBSBackend.create_volume = create_sized_volume
    LaunchTemplateBackend.create_launch_template = create_template_without_own_tags
    LaunchTemplate.create_version = create_version_with_user_data
    SecurityGroupRule.description = property(description_of_rule)
    load_balancers.make_arn_for_load_balancer = arn_of_its_kind
    load_balancers.ELBv2Backend.create_load_balancer = create_load_balancer_of_its_kind
    load_balancers.ELBv2Backend.modify_listener = modify_listener_of_any_protocol


threading.Thread(target=follow_parent, daemon=True).start()
mend()

from moto.server import main  # noqa: E402

main(["--host", "127.0.0.1", "--port", "0"])
