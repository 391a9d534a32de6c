"""The methods of FvsServicePure by name, and how one call is carried out.

In: a call and the company. Out: the envelope to answer with, and whether anything was committed.
A method that is not in the table, or that the build lacks, is HTTP 404 and never comes here.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fvsamazon.simulator.finvalda import cards, changes, documents, lists, uvm
from fvsamazon.simulator.finvalda.book import INFLOW
from fvsamazon.simulator.finvalda.codes import BAD_STRUCTURE, Denied, Refusal
from fvsamazon.simulator.finvalda.descriptions import get_descriptions
from fvsamazon.simulator.finvalda.inflows import insert_inflow
from fvsamazon.simulator.finvalda.operations import CLASSES, insert_sale
from fvsamazon.simulator.finvalda.others import insert_other
from fvsamazon.simulator.finvalda.reads import get_operations
from fvsamazon.simulator.finvalda.wire import Answer, Call, Tree, denial, failure, success

if TYPE_CHECKING:
    from collections.abc import Callable

    from fvsamazon.simulator.finvalda.state import FinvaldaState


def insert_operation(state: FinvaldaState, call: Call) -> Answer:
    """Answer InsertNewOperation, by class."""
    cls = call.text("ItemClassName")
    if cls in CLASSES:
        return insert_sale(state, call)
    return insert_inflow(state, call) if cls == INFLOW else insert_other(state, call)


WRITES: dict[str, Callable[[FinvaldaState, Call], Answer]] = {
    "InsertNewItem": cards.insert_item,
    "EditItem": cards.edit_item,
    "EditItemProps": cards.edit_item_props,
    "DeleteItem": cards.delete_item,
    "InsertNewOperation": insert_operation,
    "UpdateOperation": changes.update_operation,
    "DeleteOperation": changes.delete_operation,
    "LockOperation": changes.lock_operation,
    "UnLockOperation": changes.unlock_operation,
    "ChangeJournal": changes.change_journal,
    "CopyOperation": changes.copy_operation,
}
"""Methods that change something: POST alone, and their answers tell a number."""

READS: dict[str, Callable[[FinvaldaState, Call], Answer]] = {
    "GetOperations": get_operations,
    "GetDescriptions": get_descriptions,
    "IsOperationLocked": changes.is_operation_locked,
    "GetSandelius": lists.get_warehouses,
    "GetMokesciai": lists.get_taxes,
    "GetMatavimoVienetus": lists.get_units,
    "GetAtsiskaitymoTerm": lists.get_terms,
    "GetPreke": lists.one_card("product", "sPrekesKodas", "Fvs.Preke"),
    "GetPaslauga": lists.one_card("service", "sPaslaugosKodas", "Fvs.Paslauga"),
    "GetKlientas": lists.one_card("client", "sKliKod", "Fvs.Klientas"),
    "GetKlientasEMail": lists.get_client_by_email,
    "GetPrekesSet": lists.get_products,
    "GetPaslaugosSet": lists.get_services,
    "GetKlientusSet": lists.get_clients,
    "GetEinamiejiLikuciai": lists.get_stock,
    "GetNeapmoketiKliDok": lists.get_unpaid,
    "GetPrekiuRusisPozymius": lists.get_types_and_tags,
    "GetKlientuRusisPozymius": lists.get_types_and_tags,
    "GetPaslauguRusisPozymius": lists.get_types_and_tags,
    "GetFvsUser": lists.get_user,
    "GetUserPermissions": lists.get_permissions,
    "GetUVMPardRBusena": uvm.get_uvm_state,
    "GetUVMPardRNeivykdyti": uvm.get_uvm_list,
    "GetUVMPardRIvykdyti": uvm.get_uvm_list,
    "GetUVMPardRAnuliuoti": uvm.get_uvm_list,
    "MakeInvoice": documents.make_invoice,
    "MakeReport": documents.make_report,
    "GetAutoReportsList": documents.get_reports,
    "GetAutoReport": documents.get_report,
    "GetInvoicesRelatedToCustomer": documents.get_related_invoices,
    **{f"GetObjektai{n}Set": lists.get_objects for n in range(1, 7)},
}

METHODS = WRITES | READS


@dataclass
class Outcome:
    """The envelope of an answer, what its XML calls the rows, and what really happened."""

    tree: Tree
    root: str = "items"
    committed: bool = False

    def summary(self) -> str:
        """Return `Success`, `AccessDenied`, or `Fail` with the number where there is one."""
        number = self.tree.get("nResult", "")
        word = str(self.tree["AccessResult"])
        return f"{word} {number}".strip() if word == "Fail" else word


def perform(state: FinvaldaState, call: Call, *, commit: bool = True) -> Outcome:
    """Carry out a call; without `commit` the answer is the same and nothing has changed."""
    write = call.method in WRITES
    with state.guard:
        try:
            _authorise(state, call)
            answer = METHODS[call.method](state, call)
        except Denied as denied:
            return Outcome(denial(str(denied), write=write))
        except Refusal as refusal:
            return Outcome(failure(call, refusal, write=write))
        if commit:
            state.commit(answer.events)
        return Outcome(success(answer), answer.root, commit and bool(answer.events))


def _authorise(state: FinvaldaState, call: Call) -> None:
    """Refuse an unknown employee, a wrong password, another company, a body that is no text."""
    employee = state.records.get("employee", call.user)
    if employee is None or employee["password"] != call.password:
        raise Denied("Wrong user name or password!")
    if call.company not in {"", state.company_id}:
        raise Denied(f"Company '{call.company}' not found!")
    if call.broken:
        raise Refusal(BAD_STRUCTURE, said=f"The request cannot be read: {call.broken}")
