"""An untidy NAS world: several behind one address, a limit for each, what each does, and who asks in vain."""

from tortoise import BaseDBAsyncClient

RUN_IN_TRANSACTION = True


async def upgrade(db: BaseDBAsyncClient) -> str:
    return """
        ALTER TABLE "nas" DROP CONSTRAINT IF EXISTS "nas_network_key";
        DROP INDEX IF EXISTS "uid_nas_network_659ae6";
        ALTER TABLE "nas" ADD "nas_identifier" VARCHAR(64) NOT NULL DEFAULT '';
        ALTER TABLE "nas" ADD "requests_per_s" INT NOT NULL DEFAULT 10000;
        CREATE UNIQUE INDEX IF NOT EXISTS "uid_nas_network_640b1c" ON "nas" ("network", "nas_identifier");

-- ---------------------------------------------------------------- by hand
ALTER TABLE nas ADD CONSTRAINT nas_requests_range CHECK (requests_per_s BETWEEN 0 AND 1000000);

-- who asked in vain, and how: [{"kind": "unknown", "identifier": "BNG-2", "vendor": "mikrotik", "ports": ["auth"],
-- "nas": 0, "count": 41, "first_at": 1764000000, "last_at": 1764000099}]; ignored_at: somebody wants to hear no more
ALTER TABLE nas_knock ADD callers jsonb NOT NULL DEFAULT '[]'
  CONSTRAINT nas_knock_callers_is_list CHECK (jsonb_typeof(callers) = 'array');
ALTER TABLE nas_knock ADD ignored_at timestamptz;

-- what each NAS does at this moment, as each node hears it; skew_ms: its clock less ours
CREATE TABLE nas_state (
  nas_id bigint NOT NULL, node text NOT NULL, heard_at timestamptz NOT NULL, per_second int NOT NULL,
  skew_ms bigint, skew_at timestamptz, PRIMARY KEY (nas_id, node)
);
CREATE INDEX nas_state_age ON nas_state (heard_at);

-- what each NAS sent, each five minutes: radius.peers.COUNTERS, and how it signs
CREATE TABLE nas_tally (
  nas_id bigint NOT NULL, slot timestamptz NOT NULL, what text NOT NULL, count bigint NOT NULL,
  first_at timestamptz NOT NULL, last_at timestamptz NOT NULL, PRIMARY KEY (nas_id, slot, what)
);
CREATE INDEX nas_tally_age ON nas_tally (slot);"""


async def downgrade(db: BaseDBAsyncClient) -> str:
    return """
        DROP TABLE nas_tally, nas_state;
        ALTER TABLE nas_knock DROP COLUMN callers;
        ALTER TABLE nas_knock DROP COLUMN ignored_at;
        DROP INDEX IF EXISTS "uid_nas_network_640b1c";
        ALTER TABLE "nas" DROP COLUMN "nas_identifier";
        ALTER TABLE "nas" DROP COLUMN "requests_per_s";
        CREATE UNIQUE INDEX IF NOT EXISTS "uid_nas_network_659ae6" ON "nas" ("network");"""


MODELS_STATE = (
    "eJztXW1z27gR/isYfYk9o7i2/JJc0umM7Ph6bhM7Y/t6neY6NERCEmoSYAnQitrmvxcASf"
    "GdIWWJphh8aC8isAD9AAR2n10s/jtwsD2HB3eIc0xmg3fgvwMCHST+kSkZggF03dVz+ZvD"
    "ia1qskSdCeMeNLl4PIU2Q+KRhZjpYZdjSmTl3+aQA0gAdZEHOfWAOYdkhhhYzLGNwCfZOv"
    "B8wkQlC3BZew4ZIBSo/gCdAswZoAtyIDu0qCl6DN590237BP/bRwanM8TnyBM9fPmneIyJ"
    "hb4iFv10H40pRraVAu8RLWULqsDgS1c9vJhD72dVVb74xDCp7TskUd1d8jklq/riD5NPZ4"
    "jIPwdZCVCJb9sh/NGj4G3FA+75aPWaVvzAQlPo23JopHTwCvGzgWFc39wbd5f3hjHIDVsk"
    "kUA7fGRSIoccE84UAg78atiIzPhc/Dw7+Rb0EwMR1JId/m18e/HL+Hbv7GRfdkjFvAnm03"
    "VYMlJF31QTkMOgEYV7DPQTtMUfnYP6L3c318VQrwQyYFvY5OB/wMaMrwN69CBGPZ7/LcBe"
    "AbOEQrbsMPZvOwnv3qfx37PIX3y8OVfgUMZnnmpFNXCuhiGG3XctCY4BeR77D6KEYwcV45"
    "+WzA5CKHoQ/WMHh2LgIWjdEHsZfnkVQ3N/9eny7n786XNqfD6M7y9lyUg9XWae7p1lxmzV"
    "CPjt6v4XIH+Cf9xcX2aHcVXv/h8D+U7Q59QgdGFAK4lR9Dh6e7nETR8T3558MIHm4wJ6lp"
    "EroSNaVjdf5Iyc7BNI4EyNmQRXvmawDY1dfE8fESnYoVZFVVsUdLFYx6Na392kxmCCoIc8"
    "oGTeAyqGU20Nd7+MX49OzwBm4BG5PL8FNZJ8xgaDrfyHd45nV4QXf3ZB/cznJqZs9gML94"
    "ru7i8z+QqvfxqNjo/fjA6Pz96enrx5c/r28K2oq943X/Sm4hM8v/rz1fV9+ouSD6p3HfXf"
    "Bvt7VH8zG/xLL3CpLf7tYY0t/u1h6RYvi9J7i/pyDKGYzZtAnJbSmlSJJhXD7FG70RyO6v"
    "dwDh+PaoB7PCoFVxalwTWFErCefpSW1PpRV/Sj8NNPqEcKtdSoo68uFq2tMeppyQ2Mevi6"
    "XRn0HRnkAiU4P8o2ZNzw2Vpfd1ZWj3SXR9pDT0KrWGec05J6lLs2yt2wai+o40KyHOSN2q"
    "hkWGHTmok637VobwgCNppBGyDCMV+CvYvrz3/ZB5gwbCEgzE/gevRJ/Nt7D8Rgq+bYUJQ/"
    "UWyigDFlyMPinxNkUzITFq6wblHeBN5uV9pm1jbzDiq9KXvjaFTHaBa1Si0OVZY2OdQnZz"
    "RFOS3VR6zPamF9VoH1WQ5rk7j/aoJyVL93tMRRHVriqJyWOMrREv8RC30TaKP6PZy6m+d8"
    "NC1RDn2/aIluKLi/MqWhZbVb9bhKtWUcTqfSTvbq+msc5EyQJz34SvYAPDy4kLEFFX+BJI"
    "UfHqTnBXozSkbYei+KJZ8pnso3EwVC4eRCAwWUsYOgBVnOihw82+xKa7c7qt3adIZJI8Ur"
    "EuidTrD5bUubDts1HVLLVxOgc4I9RHx0WAdxUasUcVWmnW+tOd9sSGa+0EcaLccJmfZAHr"
    "j89fntoBWc39bx05e76XNe+jlqtiivBFqEly0ZR85O4mshwjBvFEWaEGkRY5M6U+oFqns7"
    "W+BZLUKngs/JYi1sC/xUMJnPqVh2ISlGOxbKgD0RUttCO9Lq2nXpnN/cfEzZuudXGQX5+t"
    "dP55cCdQW6qIR5Sm/WDMSPx0DkXObK4lnXZ54U1u5U7U4tYpt+Q5M7xFiAfZZzShQOK5in"
    "BZoYLFGvBvUkx1LsEyAUex96OLEDvSV4REvJBslHUQQwnaqfJqWPGL1iAFvSTyr+RK+Ibd"
    "pw688gmBhubiAmZTTRUUJ0lLNKsiAPd/nhlqi+PtvyjLMtWkX5EVWUDsVu1hj1Nhe9HRnk"
    "WhF90qVkNPWUJIS+7y7pvrLZnsMkpxamByI/Cj9TD+EZ+StaqpG4Eu8NiVlkZKcdibs1AN"
    "+iCRY9jV/Rg4uV5pWcd+Ivt5CNAqv6Ynx3Mf5wOfj2MkGLPuPUKfTrroqqNGwzWamGeu0i"
    "j1EC5GnuIOAxOLg98ZdMul4Zgp45N4QmHPhdHWghMFkCn4E9n0DTFOovsobApgskmoAM7b"
    "8TyrTQkMP3YAfuskjxbq1f7fPt8BJWpZ1rt+R2o+zES/gOIgUKWQUHnpBZC+eO7RXbDrdD"
    "DsR2E4BXAj1EdxuT2J03DGhcCfQP4FqxCxWhC/nIBdEXQo0WiFiif/huJ9a5oRfSfI4Lst"
    "Pwbv6ouzBveKPFYSXQP3TrhIGUR4HkgkBi/TyP7z36WqIgp6V6oahV0TeXf7+vpk9X7M3H"
    "m+s/R9WznKqmT39M+rQbXr+L8AThoOgUZVg0rDxGmahUx90X2u+vGIACQCStDSCJAoKAa0"
    "OiyAGxTPvs4eEdCKJEJIuAxJyz3oM5FX8TYHAJFnNl7wPMJX9AXVSQ0W773X2fffiyomwk"
    "GSUKvwxkx6sfIT2ifmumopNMRTBBmioagUSLoWRxSNUuRpFZ4jOyYIG6cedA2y6d6Qmxtb"
    "wLa0F9dLjd+X48enO2muHyR9Wcvvs0/vgxHyompqAn1QFacK5CKhKlEzchVaVE7KACUQGi"
    "VAKy3I7cAhrCl5R5JngdszaaYae12B9Fi02NeqzKNNJW0nLtLeM9UVwSA5DQNJuNQFpQD8"
    "HaQxDp9o3gTwhp6DcVI5FI8PO8MIlENqEdG4e6oRLpBTgVLXErNoXbq4v7QeFCswFwEy31"
    "Fd304loDXrkePB/az2ErPYU1sWiWQPoihJpCPU+mRYNRSqRFY17zDgjMAKO2dQBuxcgymR"
    "DhcYL5HxiYetQJYthj6usJo8U7YNEFkXILKZ+sATxkIvxUlK9hy33p4J0O763DCkrsZYN3"
    "OnSKYfNeTfnpGI8Tt4BwLGfBkjJ9UiFHRydvTt4en52sZvfqSdWkzuvlvtsU04SERrQAUQ"
    "9ZvoksY535WijbJn87OtkxlJvP3wLJ9hA+PRrtCMBueN68doBZWL9/ISRbuCQBuXaBAV5+"
    "Am8l0P4RvMEfpz4xJYJg4mObY8IOZH9/2pZDre2Dea6HTWTIwPqCVaSSnUoL9mkzbJkc1J"
    "kydKaMDsz9fnmguhFHNTZNxJj4f+qTomCqdPmw6rI1VdOAiao14qpUhg8Z2STJFoL4gnqP"
    "78ME8ExmgIerZPEH4F4mQQiTzyl2B0EbWe9EHbHJfA7bIghZTMU7ESBGEhbmV2ij29/J7+"
    "ThQaoqYRYH9vAAHLgU3ahALABlSJeJDoDMne9QD8nG7SBNaHBVqahoC8h4ENcF9h4eFnNE"
    "jKkYQplZFC1E2f5QBn55aCovGPmdBJeeyrvnrsd3MgSMBSfYVGNBKBgD0JbxYnsWIst9GU"
    "qm9BcVScYFSBNf0mXhtajBBHgt/+Ny8epLGr6ZJP5eseHvBDLwRU6aIVC3bP5TYIW9ujzZ"
    "l1Ukno4ke+kNX+c5rRNBNqqT8k3UqkjFmUv7tsqoGSwteaTLY9cLRHUA+xoB7IhIIIpWmS"
    "olNyGltdz6Wm5yU8wjXh05mZVtkX7b7hq/iejJlXrQZLFOCbUY+BvoL9viKbaap1MzRB1i"
    "iLTNXP4R9MtmTkdtxnZDI9MgI6h5wc1FrsVnqp4buha3tGMjUT92LTULuxQK9AvNGN+Jx8"
    "MKBmgeVagRCrRMMCySkSCUB6TIHiZP0MOQcDDaPwBjDhyxbqiDbz6x8VRMBHW8TWbqiVuQ"
    "dIlY6hgtOE23zc4CjgdNp8jkkj8JnJdDsBAarEoi5HPJrziQyXtBfcKxrWgWeReigxmSVJ"
    "MLl2COBUKKVlHdqYryZ4PTeppG6cT6OKygUYJJ00Q1jyV6YdRnzv7XcdyOyh23o5zjli5I"
    "UXBvOb4rAQ1vDXiDda4JvrFEDwHe/GFSsTE1C0+kz8gLsp4x2Y65PjqplTTopCJr0EkuQn"
    "EqbxxuYrSvBLphtMtue2O0J1WipmZ7VlZfDdDl7LuuDWU836RRPqmUUA/3js3HX4eINSfB"
    "UoKaA+vKt1XrhhVlojb8tFJC/QsH3fyXFQK2xh02SUG9SXV5k9JssmaTOzgSm2CTXzZx/D"
    "UM5kGaS5ZPhxVUMgnLa0QQetTn8mJuD9x8vA9i3YR5wGRK9skS3I4/XP16JznYMMovvKeb"
    "ALE4iPWDSUHXQ1P8FexdXH243ZfJ28lMBt05kJtzsJCmV45UbqlfyS/foScxZW0VOsjEro"
    "4AjEIWZXo3AhAU1VWkHyRBiJ/oFTIjvgRKdL736tU7UZ3KxoLKRNLc4cVRSoztH0g220Ni"
    "6jPODBd5hsovp07DYh68ASJW2CMSs84agkMwFX8LocIedjAvI6y/DMJ3luXptwv4an14tg"
    "sL8rCCvtaHZ7d313n8bdRGNxbpoX18clwD4pPjUohlUfY6+dSa02geZyV7x7dufkY/iX2C"
    "NoI5lmgRXgc/epTjx3Zg3vyt52IT9hBfI244J9iLRaTtqGEHGi61sdmIgEkJtZloVRjA7c"
    "zzzXvGmDD4mMFwaOc1YWEyopqH6TYPA405ZY2czEmZ/vGZJ6d1NKHTck3oNHe3B5ULkFeA"
    "cQXLFYu0R3Edv/npp21hvOF0DBKg9Y6QZCT1MZL6x0hEb8jDjtEkvUhKpsWpfLjl3NsbzN"
    "ySpH8aIJsXbDMzzuHOAKyzKehsCh1QMvrlFe9GNoUPPiEC9Fu/KJVmonBY4fqwgmqG5zfJ"
    "qym5fJvSRxAd9X9CnuUjYM4hmckbaakHFtS3rfBJ4DmQNR3I2GvT52DiwUcEGKeuiywQMv"
    "n5rJrb6knn1NxRt0B090bzRTYtqRfZri+yL3iJYedGdst8VxCU10D7jgXa07p3ReNeUI+J"
    "P78JnEkRDWgW0CCwrQGcsYAGMwsmp745F7ugiu3IY/qzTWEJqjnJDLhTKbo1eA+2BXAFeh"
    "9ufj3/eAk+315eXN1dhccSVtuiKkzbhLeX44/ZRNXIxFbjqNm0VP9o5i0kBA8Ra64XpiW1"
    "w6ZrDptOGdt3HLmDUmtblQ5rmNssqvhde1tm6xPG+SyKnQtbALZADXnvwMODBZcPD8BSEX"
    "lTGSQYVBP/E1MUWFRUgepsl4zLI5RjeWQ8eXR8KA+O7+cN8Ha7LoziS9+5E15hGTSp4/h2"
    "w2AvvK60/I6Gtm8p3T7+G6Xymx3ojyW0GVzDDNa+kvZ8JfoWzI6df9H3AEZzbf17AF/28M"
    "sVeaJCwypQT6OSKtUUJ+rUOAhjoQmXiiFcXVomj58EV7rLUxwy49FQJme2pItGNG29Xzlv"
    "MAsSIi0wn0stUqh9SkXEgefGhazAHdROlzW0UIY8jFTEAfGdScGBkkx6pCH4krrdUOdL6q"
    "aiGo9rbSfDSqLFuNqjQSva1YZTmIafSqPpHcvofb7hLE+4dsQcpWIP8qhTTIyVOHjSYlWs"
    "2A4ORRXnO76/LIYwCGdvCGAg9EPDhxnzkdBsCizXcvhSQj80fIGq0gS7WOKHBg468mqYde"
    "7yykrq7Wf97Udo42tdp5aS640bt2X0A9uokUq7kmhRpZWW2U5qtWqWrpEDKxbT7sauuRtT"
    "KUi/ynunYFPaPSPWu/PbW8mXqaPny9Hvb2Cn9gO8sIqgU5G9/BAkyOFmQ5AW1EOgvWFd8o"
    "bFF4sUzfYNgJtoqa/opr/wOvDqRIa9uBbnM1w6qPCS5KhkWOHMdRN1vuvM/UQJWgIPmQg/"
    "IUvl14MEhP7g9+peXo8u1FU2Kp9fePYu76J9TkN1bp0JW9Je1Y7tpMMKr6pmYTugYTrim6"
    "IFn0FF1qiVhI4crBE56KEp8lBhuqiq65YSQv0743E0qsMSiVoVd1fnWKJoc1mDJsqI9pAn"
    "2hFeqBb16qEZZlx8H02PTuUEe7iAbf74lGZfy6HX7GtuzDX7qqm/ngxBwqhsNAJpOT0Amn"
    "vtPveaiPF/HraJAwU9xTb9eWte+yV47RchXsfIw+Z8kOddw4JhBe0K4yrfY13LId1warIf"
    "hed85jHbcgbzCXmsYQBQQqSH1ufotE6SaFGrPPznNJcmWn5TDRAOq/cQ3aPDWrTZYQVtdp"
    "g37ynhoT8ojXD5dcQJkfYvJH4ZkmxjVw+/aMqSb/8Hmxyvsg=="
)
