"""Find where the routes lead, and say in one line why that is not known."""

from botocore.exceptions import BotoCoreError

from tocsin.adapters.receivers import Places, Receivers
from tocsin.adapters.refusals import RefusedError
from tocsin_cli.home import HomeError, Place, fault_of_caller


def landmarks(where: Place) -> tuple[Receivers, Places]:
    """Reach what can be asked of the routes, and read what the home stack has noted of them.

    Raises HomeError.
    """
    try:
        receivers = Receivers(where.region)
        return receivers, receivers.places(where.state_table)
    except BotoCoreError as error:
        raise HomeError(fault_of_caller(error, where.region) or str(error)) from error
    except RefusedError as error:
        raise HomeError(_line(error, where)) from error


def _line(error: RefusedError, where: Place) -> str:
    if (fault := fault_of_caller(error.__cause__, where.region)) is not None:
        return fault
    name = f"/tocsin/{where.state_table}/routes"
    if error.code == "ParameterNotFound":
        return f"there is no parameter {name} in {where.region}: deploy the home stack again"
    return f"parameter {name} in {where.region} cannot be read: {error}"
