"""An account that is being made, in the session of the browser that opened the invitation; stored nowhere else."""

from dataclasses import asdict, dataclass, field

from webapp import sessions
from webapp.services.keys import joining, key_slots
from webapp.services.keys.joining import Joining
from webapp.services.keys.key_slots import Credentials
from webapp.sessions import VisitExpired

KEY = "joining"


@dataclass(frozen=True)
class Account:
    """How far the person has come. `step` is that of the app's code that they have proved; 0 before."""

    lookup: str
    sign_in_name: str = ""
    step: int = 0
    offered: str = field(default="", repr=False)
    passphrase: str = field(default="", repr=False)
    recovery_code: str = field(default="", repr=False)
    totp_secret: str = field(default="", repr=False)

    @property
    def credentials(self) -> Credentials:
        """All that the person will sign in with."""
        return Credentials(
            self.sign_in_name,
            self.passphrase,
            self.recovery_code,
            self.totp_secret,
            key_slots.totp_uri(self.sign_in_name, self.totp_secret),
        )


def begin(invited: Joining) -> None:
    """A fresh session with fresh secrets. What an older one of this browser held is gone."""
    made = joining.begin()
    sessions.begin()
    put(
        Account(
            invited.lookup.hex(),
            offered=made.passphrase,
            recovery_code=made.recovery_code,
            totp_secret=made.totp_secret,
        )
    )


def put(account: Account) -> None:
    """Keep how far the person has come."""
    sessions.current()[KEY] = asdict(account)


def account_of(invited: Joining) -> Account:
    """The account that this session is making with this invitation. Raises `VisitExpired` for any other session."""
    found = sessions.current().get(KEY)
    if found is None or found["lookup"] != invited.lookup.hex():
        raise VisitExpired
    return Account(**found)
