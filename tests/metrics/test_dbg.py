import re, datetime, subprocess, pytest
from datetime import date, timedelta
from django.db import transaction, connection
from tests.metrics.test_properties import *
pytestmark = pytest.mark.django_db
def test_min():
    import random
    for seed in range(400):
        d=random.Random(seed)
        def pt():
            day=FIRST+timedelta(days=d.randint(0,3))
            at=day if d.random()<.6 else datetime(day.year,day.month,day.day,d.randint(0,23),tzinfo=UTC)
            return Point(d.choice(["visits","orders"]),at,d.randint(1,50)*1.0,1,d.choice([(),(("device","phone"),),(("country","DE"),),(("country","DE"),("device","phone"))]))
        steps=[]
        for _ in range(d.randint(2,6)):
            a,b=sorted((d.randint(0,3),d.randint(0,3)))
            steps.append((d.choice([str(SOURCE),str(OTHER_SOURCE)]),[pt() for _ in range(d.randint(0,3))],((d.choice(["visits","orders","stock"]),),FIRST+timedelta(days=a),FIRST+timedelta(days=b)) if d.random()<.4 else None))
        with pytest.raises(Undone), transaction.atomic():
            team,model=team_in("UTC"),Plainly("UTC")
            for p in steps: land(team,p); model.land(*p)
            if "visits" in _known(team):
              r=asked(team,"visits").totals.values[0].value; f=asked(team,"visits",where=BY_FACTS).totals.values[0].value; m=model.value("visits","sum",FIRST,LAST)
              m=m and m[0]
              if (r or 0)!=(m or 0) or (f or 0)!=(m or 0):
                print("SEED",seed,"rollup",r,"facts",f,"model",m)
                for s in steps: print("  ",s)
                assert 0
            raise Undone
