namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>Where the record of one evaluation of <see cref="ManagedFlowSweep"/> on a tile keeps what.</summary>
internal sealed unsafe class FlowTileRecord
{
    private const int TilesBesideTangents = 3;

    private readonly int _directions;
    private readonly int[] _tileLengths;
    private readonly int[] _offsets;

    /// <param name="tileLengths">Length of a tile of each layer's outputs.</param>
    /// <param name="directions">Number of tangents.</param>
    public FlowTileRecord(int[] tileLengths, int directions)
    {
        (_tileLengths, _directions) = (tileLengths, directions);
        _offsets = new int[tileLengths.Length];
        for (int i = 0; i < tileLengths.Length; i++)
        {
            _offsets[i] = Length;
            Length += (TilesBesideTangents + (2 * directions)) * tileLengths[i];
        }
    }

    /// <summary>Floats of a record.</summary>
    public int Length { get; }

    /// <summary>Output of a layer, activated but for the last.</summary>
    public float* Value(float* record, int layer) => At(record, layer, 0);

    /// <summary>Derivative of its activation.</summary>
    public float* Derivative(float* record, int layer) => At(record, layer, 1);

    /// <summary>The gated part of its output before the activation.</summary>
    public float* Product(float* record, int layer) => At(record, layer, 2);

    /// <summary>Tangent of its output before the activation.</summary>
    public float* Tangent(float* record, int layer, int direction) => At(record, layer, TilesBesideTangents + direction);

    /// <summary>Tangent of its output after the activation.</summary>
    public float* ActivatedTangent(float* record, int layer, int direction) => At(record, layer, TilesBesideTangents + _directions + direction);

    private float* At(float* record, int layer, int index) => record + _offsets[layer] + (index * _tileLengths[layer]);
}
