"""Who takes part: people, businesses and the city, their places, and what each may do.

Owns the schema `parties`. Callers write `from highstreet import parties` and then `parties.people.sign_up(tx,
...)`.

Always true:
- Personal data lies sealed in parties.seal and nowhere else; erasing that row erases the person, the bare id
  stays.
- `may` (or `require`) alone decides who may act for whom. City roles count only in a session with the second
  factor.
- A token, password or code is kept only as its hash or sealed; a one-time code signs in once.
- Whoever asks learns the same, in the same time, about a handle we know and one we do not.
- What judges a secret (`people.sign_in`, `people.set_password`) returns its refusal, so that the try stays
  counted.
- Nobody reviews a business they belong to; a business keeps an owner.
- A health paper opens for its patient and who wrote it (a prescription for pharmacists it was shown to);
  every opening is a row the patient can see.

Words: party (person or business taking part, or the city), place (where a business is), handle (e-mail or
phone that signs in), role (what a person is in a party), bearer (session, token or roles shown), scope (what
a token is for), licence (a qualification shown and reviewed), particulars (who a business says it is, looked
at every six months), consent (a use allowed), notice (told in the app).
"""

from highstreet.parties import businesses as businesses
from highstreet.parties import consent as consent
from highstreet.parties import errors as errors
from highstreet.parties import helped as helped
from highstreet.parties import licences as licences
from highstreet.parties import notices as notices
from highstreet.parties import particulars as particulars
from highstreet.parties import people as people
from highstreet.parties import places as places
from highstreet.parties import prescriptions as prescriptions
from highstreet.parties import records as records
from highstreet.parties import roles as roles
from highstreet.parties import sessions as sessions
from highstreet.parties import tokens as tokens
from highstreet.parties._bearers import ApiToken as ApiToken
from highstreet.parties._bearers import Role as Role
from highstreet.parties._bearers import Session as Session
from highstreet.parties._profiles import Address as Address
from highstreet.parties._profiles import Profile as Profile
from highstreet.parties._sign_in import SignedIn as SignedIn
from highstreet.parties.businesses import About as About
from highstreet.parties.businesses import Business as Business
from highstreet.parties.consent import Consent as Consent
from highstreet.parties.errors import HandleTaken as HandleTaken
from highstreet.parties.errors import SecondFactorNeeded as SecondFactorNeeded
from highstreet.parties.errors import SignInAgain as SignInAgain
from highstreet.parties.licences import Licence as Licence
from highstreet.parties.notices import Notice as Notice
from highstreet.parties.places import Hours as Hours
from highstreet.parties.places import Place as Place
from highstreet.parties.roles import may as may
from highstreet.parties.roles import require as require
