"""Forms of the account pages."""

from accounts.forms.profile import DeleteForm, PasswordForm, ProfileForm, ThemeForm
from accounts.forms.sign_up import SignUpForm
from accounts.forms.team import MemberForm, NewTeamForm, RoleForm, TeamForm
from accounts.forms.tokens import TokenForm

__all__ = [
    "DeleteForm",
    "MemberForm",
    "NewTeamForm",
    "PasswordForm",
    "ProfileForm",
    "RoleForm",
    "SignUpForm",
    "TeamForm",
    "ThemeForm",
    "TokenForm",
]
