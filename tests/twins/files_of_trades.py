"""Small files of other trades, made for tests."""

from __future__ import annotations

import json
import struct

TRIANGLE = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)  # in glTF's frame: x right, y up


def glb(nodes, roots, corners=TRIANGLE):
    """A GLB whose mesh 0 is one triangle."""
    content = {
        "asset": {"version": "2.0"},
        "scenes": [{"nodes": roots}],
        "nodes": nodes,
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0}}]}],
        "accessors": [{"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"}],
        "bufferViews": [{"buffer": 0, "byteLength": 36}],
        "buffers": [{"byteLength": 36}],
    }
    said = json.dumps(content).encode()
    said += b" " * (-len(said) % 4)
    chunks = struct.pack("<I4s", len(said), b"JSON") + said + struct.pack("<I4s", len(corners), b"BIN\0") + corners
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def city(objects, vertices, **more):
    """A CityJSON 2.0 file in millimetres from a corner of the Dutch grid."""
    content = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/7415"},
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [84000.123, 447000.456, -1.5]},
        "CityObjects": objects,
        "vertices": vertices,
    }
    return json.dumps(content | more).encode()


BOX = [[x, y, z] for z in (0, 3000) for x, y in ((0, 0), (4000, 0), (4000, 2000), (0, 2000))]
BOX_FACES = [[[3, 2, 1, 0]], [[4, 5, 6, 7]], [[0, 1, 5, 4]], [[1, 2, 6, 5]], [[2, 3, 7, 6]], [[3, 0, 4, 7]]]

_IFC = """ISO-10303-21;
HEADER;
FILE_DESCRIPTION(('ViewDefinition [CoordinationView]'),'2;1');
FILE_NAME('a.ifc','2024-01-01T00:00:00',(''),(''),'','','');
FILE_SCHEMA(('IFC4'));
ENDSEC;
DATA;
#1=IFCSIUNIT(*,.LENGTHUNIT.,.MILLI.,.METRE.);
#2=IFCUNITASSIGNMENT((#1));
#3=IFCCARTESIANPOINT((0.,0.,0.));
#4=IFCAXIS2PLACEMENT3D(#3,$,$);
#5=IFCGEOMETRICREPRESENTATIONCONTEXT($,'Model',3,1.E-05,#4,$);
#6=IFCPROJECT('0000000000000000000001',$,'Test house',$,$,$,$,(#5),#2);
#10=IFCLOCALPLACEMENT($,#4);
#11=IFCSITE('0000000000000000000002',$,'Plot',$,$,#10,$,$,.ELEMENT.,(52,30,0,0),(13,15,0,0),34.,$,$);
#12=IFCBUILDING('0000000000000000000003',$,'House',$,$,#10,$,$,.ELEMENT.,$,$,$);
#13=IFCCARTESIANPOINT((0.,0.,3000.));
#14=IFCAXIS2PLACEMENT3D(#13,$,$);
#15=IFCLOCALPLACEMENT(#10,#14);
#16=IFCBUILDINGSTOREY('0000000000000000000004',$,'Upper floor',$,$,#15,$,$,.ELEMENT.,3000.);
#20=IFCRELAGGREGATES('0000000000000000000005',$,$,$,#6,(#11));
#21=IFCRELAGGREGATES('0000000000000000000006',$,$,$,#11,(#12));
#22=IFCRELAGGREGATES('0000000000000000000007',$,$,$,#12,(#16));
#30=IFCCARTESIANPOINT((1000.,2000.,0.));
#31=IFCDIRECTION((0.,0.,1.));
#32=IFCDIRECTION((0.,1.,0.));
#33=IFCAXIS2PLACEMENT3D(#30,#31,#32);
#34=IFCLOCALPLACEMENT(#15,#33);
#35=IFCCARTESIANPOINT((0.,0.));
#36=IFCAXIS2PLACEMENT2D(#35,$);
#37=IFCRECTANGLEPROFILEDEF(.AREA.,$,#36,4000.,200.);
#38=IFCEXTRUDEDAREASOLID(#37,#4,#31,2500.);
#39=IFCSHAPEREPRESENTATION(#5,'Body','SweptSolid',(#38));
#40=IFCPRODUCTDEFINITIONSHAPE($,$,(#39));
#41=IFCWALL('0000000000000000000008',$,'Wall A',$,$,#34,#40,'W1',$);
#42=IFCSPACE('0000000000000000000009',$,'101',$,$,#34,#40,'Kitchen',.ELEMENT.,$,$);
#43=IFCELECTRICDISTRIBUTIONBOARD('000000000000000000000A',$,'DB1',$,$,#34,#40,$,$);
#44=IFCLIGHTFIXTURE('000000000000000000000B',$,'Lamp',$,$,#34,#40,$,$);
#45=IFCRELCONTAINEDINSPATIALSTRUCTURE('000000000000000000000C',$,$,$,(#41,#43,#44),#16);
#46=IFCRELAGGREGATES('000000000000000000000D',$,$,$,#16,(#42));
#50=IFCPROPERTYSINGLEVALUE('FireRating',$,IFCLABEL('F90'),$);
#51=IFCPROPERTYSET('000000000000000000000E',$,'Pset_WallCommon',$,(#50));
#52=IFCRELDEFINESBYPROPERTIES('000000000000000000000F',$,$,$,(#41),#51);
#60=IFCDISTRIBUTIONPORT('000000000000000000000G',$,'out',$,$,$,$,.SOURCE.,$,$);
#61=IFCDISTRIBUTIONPORT('000000000000000000000H',$,'in',$,$,$,$,.SINK.,$,$);
#62=IFCRELNESTS('000000000000000000000I',$,$,$,#43,(#60));
#63=IFCRELNESTS('000000000000000000000J',$,$,$,#44,(#61));
#64=IFCRELCONNECTSPORTS('000000000000000000000K',$,$,$,#61,#60,$);
#70=IFCDISTRIBUTIONCIRCUIT('000000000000000000000L',$,'C1',$,$,$,.LIGHTING.);
#71=IFCRELASSIGNSTOGROUP('000000000000000000000M',$,$,$,(#44),$,#70);
#80=IFCPROPERTYSINGLEVALUE('Panel',$,IFCLABEL('DB1'),$);
#81=IFCPROPERTYSINGLEVALUE('Circuit Number',$,IFCLABEL('3,5'),$);
#82=IFCPROPERTYSET('000000000000000000000N',$,'Electrical',$,(#80,#81));
#83=IFCRELDEFINESBYPROPERTIES('000000000000000000000O',$,$,$,(#44),#82);
ENDSEC;
END-ISO-10303-21;
"""


def ifc(*changes):
    """An IFC 4 house of one storey in millimetres, with a wall, a room, a distribution board and a lamp."""
    text = _IFC
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    return text.encode()
