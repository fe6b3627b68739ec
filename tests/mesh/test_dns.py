"""The mesh's blocks in a Corefile, taken out so that every other byte stays."""

from __future__ import annotations

from devkit.mesh.dns import without_blocks
from hypothesis import given
from hypothesis import strategies as st

K3S = """.:53 {
    errors
    health
    kubernetes cluster.local in-addr.arpa ip6.arpa {
      pods insecure
      fallthrough in-addr.arpa ip6.arpa
    }
    hosts /etc/coredns/NodeHosts {
      ttl 60
      reload 15s
      fallthrough
    }
    prometheus :9153
    cache 30
    loop
    reload
    loadbalance
    import /etc/coredns/custom/*.override
    forward . /etc/resolv.conf
}
import /etc/coredns/custom/*.server
"""


def block(namespace: str, name: str = "Traefik Mesh", zone: str = "traefik.mesh") -> str:
    """As the mesh's controller appends it, a line break before and after."""
    rule = f"name regex ([a-zA-Z0-9-_]*)\\.([a-zv0-9-_]*)\\.{zone} {namespace}-{{1}}-6d61657368-{{2}}.{namespace}.svc.cluster.local"
    return (
        f"\n#### Begin {name} Block\n{zone}:53 {{\n    errors\n    rewrite continue {{\n        {rule}\n    }}\n"
        f"    cache 30\n}}\n#### End {name} Block\n"
    )


def patched(corefile: str, namespace: str) -> str:
    return corefile + block(namespace, "Maesh", "maesh") + block(namespace)


@given(
    before=st.sampled_from([K3S, "", K3S.rstrip("\n"), "# our own\n"])
    | st.text(alphabet="a.{}#\n ", max_size=60),
    namespace=st.from_regex(r"[a-z][a-z0-9-]{0,20}[a-z0-9]", fullmatch=True),
)
def test_it_is_as_it_was(before: str, namespace: str) -> None:
    after = patched(before, namespace)
    assert without_blocks(after, namespace) == before != after
    assert without_blocks(before, namespace) == before


def test_what_others_added_stays() -> None:
    theirs = block("other-mesh")
    text = K3S + block("forma3d-dev") + theirs + "# added by hand\n"
    assert without_blocks(text, "forma3d-dev") == K3S + theirs + "# added by hand\n"
    assert without_blocks(text, "forma3d") == text  # a name that only begins alike


def test_a_block_without_an_end_is_nobodys_to_cut() -> None:
    text = K3S + block("forma3d-dev").replace("#### End Traefik Mesh Block\n", "")
    assert without_blocks(text, "forma3d-dev") == text
