namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary>Where the record of one evaluation of <see cref="ManagedPerceptronSweep"/> on a tile keeps what of a layer. Each part is a tile of its outputs.</summary>
internal sealed unsafe class PerceptronTileRecord
{
    private readonly int _tileLength;
    private readonly int _derivative;
    private readonly int _product;
    private readonly int _tangents;
    private readonly int _activatedTangents;
    private readonly int _start;

    /// <param name="start">Floats of the layers before.</param>
    /// <param name="tileLength">Length of a tile of outputs.</param>
    /// <param name="tangents">Number of tangents.</param>
    /// <param name="isHidden">Whether the outputs are activated.</param>
    /// <param name="hasDerivatives">Whether derivatives of activations are recorded.</param>
    /// <param name="hasProduct">Whether the gated part of the outputs is recorded.</param>
    public PerceptronTileRecord(int start, int tileLength, int tangents, bool isHidden, bool hasDerivatives, bool hasProduct)
    {
        (_start, _tileLength) = (start, tileLength);
        _derivative = start + (isHidden ? tileLength : 0);
        _product = _derivative + (isHidden && hasDerivatives ? tileLength : 0);
        _tangents = _product + (hasProduct ? tileLength : 0);
        _activatedTangents = _tangents + (tangents * tileLength);
        End = _activatedTangents + (isHidden ? tangents * tileLength : 0);
    }

    /// <summary>Floats up to the next layer's.</summary>
    public int End { get; }

    /// <summary>Activated output of a hidden layer.</summary>
    public float* Value(float* record) => record + _start;

    /// <summary>Derivative of its activation.</summary>
    public float* Derivative(float* record) => record + _derivative;

    /// <summary>The gated part of the output before the activation.</summary>
    public float* Product(float* record) => record + _product;

    /// <summary>Tangent of the output before the activation.</summary>
    public float* Tangent(float* record, int index) => record + _tangents + (index * _tileLength);

    /// <summary>Tangent of a hidden layer's output after the activation.</summary>
    public float* ActivatedTangent(float* record, int index) => record + _activatedTangents + (index * _tileLength);
}
