"""What no channel may reach, at create and at send."""

import asyncio
from ipaddress import ip_network

import pytest
from channel_server import serving, to_loopback

from tidegauge.alert.channels import Webhook
from tidegauge.alert.channels.errors import RefusedError, UnavailableError
from tidegauge.alert.channels.post import post
from tidegauge.alert.reach import Reach, UnsafeUrlError, checked_url, is_public

NO_URLS = [
    "",
    " ",
    "/path",
    "//hooks.example.com/x",
    "hooks.example.com",
    "https:",
    "https:/hooks.example.com",
    "https://",
    "https:///x",
    "https://?x",
    "http://hooks.example.com/",
    "ftp://hooks.example.com/",
    "file:///etc/passwd",
    "gopher://hooks.example.com/",
    "javascript:alert(1)",
    "data:text/plain,x",
    "unix:///run/docker.sock",
    "dict://hooks.example.com/",
    "ldap://hooks.example.com/",
    "jar:https://hooks.example.com/!/",
    "https://" + "a" * 300 + ".com/",
    "https://" + ".".join(["a" * 60] * 6) + ".com/",
    "https://hooks.example.com/" + "x" * 3000,
]
UNCLEAR = [
    "https://hooks.example.com./",
    "https://hooks..example.com/",
    "https://.example.com/",
    "https://-hooks.example.com/",
    "https://hooks.example.com%00.evil.example/",
    "https://hooks.example.com/%00",
    "https://hooks.example.com/%0d%0aHost:%20x",
    "https://hooks.example.com/%7f",
    "https://hooks.example.com/%zz",
    "https://hooks.example.com\\@evil.example/",
    "https://hooks.example.com\\evil",
    "https:\\\\hooks.example.com/",
    "https://hooks.example.com\t.evil.example/",
    "https://hooks.example.com/\r\nX: y",
    "https://hooks.example.com/ x",
    " https://hooks.example.com/",
    "https://hooks.example.com/\n",
    "https://hooks.example.com#@evil.example/",
    "https://hooks.example.com/#fragment",
    "https://user@hooks.example.com/",
    "https://user:word@hooks.example.com/",
    "https://hooks.example.com@127.0.0.1/",
    "https://hooks.example.com:443@127.0.0.1/",
    "https://[::1]@hooks.example.com/",
    "https://xn--80ak6aa92e.com/",
    "https://\u0430pple.com/",
    "https://ⓔxample.com/",
    "https://hooks。example.com/",
    "https://\uff11\uff12\uff17.0.0.1/",
    "https://hooks.example.com:/",
    "https://hooks.example.com:0443/",
    "https://hooks.example.com:4 43/",
    "https://hooks.example.com:443:80/",
    "https://hooks.example.com:+443/",
    "https://[::1",
    "https://::1]/",
    "https://[]/",
    "https://[hooks.example.com]/",
    "https://[::1]x/",
    "https://hooks_.example.com{}/",
    'https://hooks.example.com/"><script>',
]
NAMES = [
    "https://localhost/",
    "https://LOCALHOST/",
    "https://localhost./",
    "https://a.localhost/",
    "https://printer.local/",
    "https://metadata.google.internal/",
    "https://metadata/",
    "https://alertmanager/",
    "https://router.lan/",
    "https://x.home.arpa/",
    "https://1.0.0.127.in-addr.arpa/",
    "https://intranet.corp/",
    "https://hidden.onion/",
]
NUMBERS = [
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0X7F.0.0.1/",
    "https://0177.0.0.1/",
    "https://0177.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://127.000.000.001/",
    "https://127.255.255.254/",
    "https://0/",
    "https://0.0.0.0/",
    "https://0.1.2.3/",
    "https://256.256.256.256/",
    "https://1.2.3.4.5/",
    "https://127.0.0.1%20/",
    "https://example.0x7f/",
    "https://10.0.0.1/",
    "https://10.255.255.255/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://169.254.170.2/",
    "https://2852039166/",
    "https://0xa9fea9fe/",
    "https://0251.0376.0251.0376/",
    "https://100.64.0.1/",
    "https://100.100.100.200/",
    "https://100.127.255.255/",
    "https://168.63.129.16/",
    "https://192.0.0.1/",
    "https://192.0.0.192/",
    "https://192.0.2.1/",
    "https://192.88.99.1/",
    "https://198.18.0.1/",
    "https://198.19.255.255/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://239.255.255.255/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
]
SIXES = [
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::127.0.0.1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:10.0.0.1]/",
    "https://[::ffff:169.254.169.254]/",
    "https://[::ffff:a9fe:a9fe]/",
    "https://[::ffff:0:127.0.0.1]/",
    "https://[64:ff9b::127.0.0.1]/",
    "https://[64:ff9b::a00:1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[2002:a00:1::1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:a9fe:a9fe::]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[2001::1]/",
    "https://[2001:2::1]/",
    "https://[2001:10::1]/",
    "https://[2001:20::1]/",
    "https://[2001:db8::1]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[100::1]/",
    "https://[fc00::1]/",
    "https://[fd00::1]/",
    "https://[fd00:ec2::254]/",
    "https://[fe80::1]/",
    "https://[fe80::1%eth0]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[ff0e::1]/",
    "https://[4000::1]/",
    "https://[fe80::5efe:10.0.0.1]/",
]
PORTS = [
    f"https://hooks.example.com:{port}/"
    for port in (0, 1, 22, 25, 110, 2375, 3306, 5432, 6379, 9200, 11211, 27017, 65536, 70000)
]
TARGETS = [*NO_URLS, *UNCLEAR, *NAMES, *NUMBERS, *SIXES, *PORTS]


async def nowhere(host, port):
    pytest.fail(f"{host}:{port} was looked up")


def test_there_are_more_than_120_targets():
    assert len(set(TARGETS)) >= 120


@pytest.mark.parametrize("url", TARGETS)
def test_it_is_refused_at_create(url):
    with pytest.raises(UnsafeUrlError) as caught:
        checked_url(url, Reach())
    assert not url or len(url) < 12 or url not in str(caught.value)


@pytest.mark.parametrize("url", TARGETS)
def test_it_is_refused_at_send(url):
    with pytest.raises(RefusedError) as caught:
        asyncio.run(post(url, b"", {}, Reach(resolve=nowhere)))
    assert caught.value.reason == "unsafe_url"


@pytest.mark.parametrize("url", [*NAMES[:1], *NUMBERS[:1], "https://[::ffff:10.0.0.1]/"])
def test_a_channel_is_checked_as_it_is_made(url):
    with pytest.raises(UnsafeUrlError):
        Webhook.model_validate({"url": url}).check(Reach())


@pytest.mark.parametrize(
    "answers",
    [
        ["10.0.0.1"],
        ["93.184.216.34", "10.0.0.1"],
        ["93.184.216.34", "fd00::1"],
        ["2606:2800:220:1::1", "::ffff:127.0.0.1"],
        ["64:ff9b::a9fe:a9fe"],
        ["fe80::1%eth0"],
        ["0.0.0.0"],  # noqa: S104 - an address that is refused
        [*(f"93.184.{each // 256}.{each % 256}" for each in range(1000)), "127.0.0.1"],
    ],
    ids=lambda answers: answers[-1],
)
def test_every_address_of_a_name_is_checked(answers):
    async def resolve(_host, _port):
        return answers

    with pytest.raises(RefusedError) as caught:
        asyncio.run(post("https://hooks.example.com/", b"", {}, Reach(resolve=resolve)))
    assert caught.value.reason == "unsafe_url"


def test_a_name_is_looked_up_once_and_the_connection_goes_where_it_pointed_then():
    asked = []

    async def rebinding(host, _port):
        asked.append(host)
        # To check, then to connect: who looks up twice is taken to another machine.
        return ["127.0.0.1"] if len(asked) == 1 else ["127.0.0.2"]

    with serving() as server:
        url = f"http://hooks.example.com:{server.port}/x?y"
        answer = asyncio.run(post(url, b"{}", {}, to_loopback(server.port, resolve=rebinding)))
        assert answer.status == 200
        assert asked == ["hooks.example.com"]
        assert server.heard[0].path == "/x?y"
        assert server.heard[0].headers["Host"] == f"hooks.example.com:{server.port}"


def test_a_name_that_is_not_answered_for_may_be_later():
    async def no_answer(_host, _port):
        raise OSError(-3, "temporary")

    with pytest.raises(UnavailableError) as caught:
        asyncio.run(post("https://hooks.example.com/", b"", {}, Reach(resolve=no_answer)))
    assert caught.value.reason == "dns"


class TestWhatTheOperatorAllows:
    def test_a_network(self):
        reach = Reach(networks=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))
        assert checked_url("https://10.1.2.3/x", reach).host == "10.1.2.3"
        assert checked_url("https://[fd00::1]/x", reach).host == "fd00::1"
        assert checked_url("https://[::ffff:10.1.2.3]/x", reach).host.startswith("::ffff:")
        with pytest.raises(UnsafeUrlError):
            checked_url("https://192.168.0.1/", reach)

    def test_a_host_with_private_addresses_but_not_the_metadata_of_a_cloud(self):
        answers = ["10.0.0.1"]

        async def resolve(_host, _port):
            return answers

        reach = Reach(hosts=frozenset({"alertmanager"}), resolve=resolve)
        assert checked_url("https://alertmanager/", reach).host == "alertmanager"
        answers[:] = ["169.254.169.254"]
        with pytest.raises(RefusedError):
            asyncio.run(post("https://alertmanager/", b"", {}, reach))

    def test_http_and_a_port(self):
        reach = Reach(allow_http=True, ports=frozenset({80, 443, 9093}))
        assert checked_url("http://hooks.example.com:9093/", reach).port == 9093
        assert checked_url("http://hooks.example.com/", reach).port == 80


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.slack.com/services/T0/B0/x",
        "HTTPS://Hooks.Slack.COM/services",
        "https://hooks.example.com",
        "https://hooks.example.com:443/a@b?c=d%20e&f=/g",
        "https://hooks.example.com?query",
        "https://93.184.216.34/x",
        "https://[2606:2800:220:1::1]/x",
        "https://a_b.example.com/",
        "https://127.0.0.1.example.com/",
    ],
)
def test_public_ones_are_fine(url):
    assert checked_url(url, Reach()).port == 443


def test_the_path_is_not_in_the_repr():
    assert "hush" not in repr(checked_url("https://hooks.example.com/hush?hush", Reach()))


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::101:101"])
def test_public_addresses(address):
    assert is_public(address)
