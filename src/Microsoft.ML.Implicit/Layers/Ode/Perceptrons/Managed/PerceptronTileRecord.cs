namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary>Where the record of one evaluation of <see cref="ManagedPerceptronSweep"/> on a tile keeps what. Each part is a tile of a layer's outputs.</summary>
internal sealed unsafe class PerceptronTileRecord
{
    private readonly Offsets[] _layers;

    /// <param name="tileLengths">Length of a tile of each layer's outputs.</param>
    /// <param name="tangents">Number of tangents.</param>
    /// <param name="hasDerivatives">Whether derivatives of the activations are recorded.</param>
    /// <param name="hasProducts">Whether the gated part of outputs is recorded.</param>
    public PerceptronTileRecord(int[] tileLengths, int tangents, bool hasDerivatives, bool hasProducts)
    {
        _layers = new Offsets[tileLengths.Length];
        for (int i = 0; i < tileLengths.Length; i++)
        {
            int length = tileLengths[i];
            int ifHidden = i + 1 < tileLengths.Length ? 1 : 0;
            _layers[i] = new Offsets(length, Take(ifHidden), Take(hasDerivatives ? ifHidden : 0), Take(hasProducts ? 1 : 0), Take(tangents), Take(tangents * ifHidden));

            int Take(int tiles)
            {
                Length += tiles * length;
                return Length - (tiles * length);
            }
        }
    }

    /// <summary>Floats of a record.</summary>
    public int Length { get; private set; }

    /// <summary>Activated output of a hidden layer.</summary>
    public float* Value(float* record, int layer) => record + _layers[layer].Value;

    /// <summary>Derivative of its activation.</summary>
    public float* Derivative(float* record, int layer) => record + _layers[layer].Derivative;

    /// <summary>The gated part of a layer's output before the activation.</summary>
    public float* Product(float* record, int layer) => record + _layers[layer].Product;

    /// <summary>Tangent of a layer's output before the activation.</summary>
    public float* Tangent(float* record, int layer, int index) => record + _layers[layer].Tangents + (index * _layers[layer].TileLength);

    /// <summary>Tangent of a hidden layer's output after the activation.</summary>
    public float* ActivatedTangent(float* record, int layer, int index) => record + _layers[layer].ActivatedTangents + (index * _layers[layer].TileLength);

    private readonly record struct Offsets(int TileLength, int Value, int Derivative, int Product, int Tangents, int ActivatedTangents);
}
