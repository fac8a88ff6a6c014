using Microsoft.ML.Implicit.Numerics;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Ode.Perceptrons.Managed;

/// <summary>
/// Values, tangents and trace of <see cref="PerceptronDynamics"/> on tiles in managed memory, as
/// <see cref="PerceptronEvaluation"/> computes them: tangents go forward through the layers beside the values, and one
/// reverse sweep serves both.
/// </summary>
internal sealed unsafe class ManagedPerceptronSweep : IDisposable
{
    private readonly DynamicsActivation _activation;
    private readonly int _tangents;
    private readonly bool _hasDerivatives;
    private readonly ManagedPerceptronLayer[] _layers;
    private readonly PerceptronTileRecord[] _records;
    private readonly ManagedTrace? _trace;
    private readonly RowTiles? _contextShift;
    private readonly RowTiles? _contextCotangent;
    private readonly int _longestTile;

    /// <param name="dynamics">The perceptron.</param>
    /// <param name="tangents">Number of tangents.</param>
    /// <param name="trace">The closed form of the trace, or <see langword="null"/> where it is not needed.</param>
    /// <param name="context">y, <c>[batch, contextWidth]</c>, or <see langword="null"/>.</param>
    public ManagedPerceptronSweep(PerceptronDynamics dynamics, int tangents, TraceForm? trace, Tensor? context)
    {
        _activation = dynamics.Activation;
        _tangents = tangents;
        _layers = [.. dynamics.Layers.Select(layer => new ManagedPerceptronLayer(layer))];
        _trace = trace is null ? null : new ManagedTrace(trace);
        _hasDerivatives = tangents > 0 || trace is not null;
        _records = new PerceptronTileRecord[_layers.Length];
        int end = 0;
        for (int i = 0; i < _layers.Length; i++)
        {
            _records[i] = new PerceptronTileRecord(end, _layers[i].TileLength, tangents, i < Last, _hasDerivatives, _layers[i].HasGate);
            end = _records[i].End;
        }

        InputLength = Tile.Pad((int)dynamics.Dimension) * Tile.Lanes;
        _longestTile = Math.Max(InputLength, _layers.Max(layer => layer.TileLength));
        RecordLength = end + (_trace?.RecordLength ?? 0);
        GradientLength = _layers.Sum(layer => layer.GradientLength) + (_trace?.GradientLength ?? 0);
        ScratchLength = (CotangentsLength * 2) + _longestTile + Math.Max(_layers.Max(layer => layer.ScratchLength), _trace?.ScratchLength ?? 0);
        WorkPerRow = ((1 + tangents) * _layers.Sum(layer => layer.Work)) + (_trace?.Work ?? 0);
        if (context is not null)
        {
            using Tensor shift = context.mm(dynamics.Layers[0].ContextWeight!);
            _contextShift = new RowTiles(shift);
            _contextCotangent = new RowTiles((int)context.shape[0], (int)dynamics.Layers[0].Bias.numel());
        }
    }

    /// <summary>Length of a tile of inputs, tangents of them, and their cotangents.</summary>
    public int InputLength { get; }

    /// <summary>Floats of a record.</summary>
    public int RecordLength { get; }

    /// <summary>Floats that gradients are gathered in.</summary>
    public int GradientLength { get; }

    /// <summary>Floats of scratch: cotangents of values and tangents before and after a layer, that of an activation's derivative, and the layer's own.</summary>
    public int ScratchLength { get; }

    /// <summary>Multiplications for one row.</summary>
    public long WorkPerRow { get; }

    private int CotangentsLength => (1 + _tangents) * _longestTile;

    private int Last => _layers.Length - 1;

    public void ReserveTimes(int count)
    {
        foreach (ManagedPerceptronLayer layer in _layers)
        {
            layer.ReserveTimes(count);
        }
    }

    public void SetTime(int slot, double time)
    {
        foreach (ManagedPerceptronLayer layer in _layers)
        {
            layer.SetTime(slot, time);
        }
    }

    /// <summary>Evaluates on one tile.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="tile">Index of the tile.</param>
    /// <param name="input">x.</param>
    /// <param name="tangents">Tangents of x.</param>
    /// <param name="record">Receives <see cref="RecordLength"/> floats.</param>
    /// <param name="output">Receives the value, a tile of <see cref="InputLength"/> floats.</param>
    public void Evaluate(int slot, int tile, float* input, float** tangents, float* record, float* output)
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            ManagedPerceptronLayer layer = _layers[i];
            PerceptronTileRecord at = _records[i];
            bool isLast = i == Last;
            float* value = isLast ? output : at.Value(record);
            layer.Evaluate(slot, input, i == 0 && _contextShift is not null ? _contextShift.At(tile) : null, value, at.Product(record));
            if (!isLast)
            {
                Activate(value, at.Derivative(record), layer.TileLength);
            }

            for (int k = 0; k < _tangents; k++)
            {
                float* tangent = at.Tangent(record, k);
                layer.EvaluateTangent(slot, i == 0 ? tangents[k] : _records[i - 1].ActivatedTangent(record, k), tangent);
                if (!isLast)
                {
                    TileProducts.Multiply(tangent, at.Derivative(record), layer.TileLength, at.ActivatedTangent(record, k));
                }
            }

            input = value;
        }
    }

    /// <summary>A tangent of the output in a record.</summary>
    public float* Tangent(float* record, int k) => _records[Last].Tangent(record, k);

    /// <summary>Adds the closed form of the trace of each row, where there is one.</summary>
    public void AddTrace(float* record, float* destination) =>
        _trace?.Evaluate(_records[0].Derivative(record), Second(record), record + _records[Last].End, destination);

    /// <summary>Where scratch takes the cotangent of the output, before <see cref="Pullback"/>.</summary>
    public static float* ValueCotangent(float* scratch) => scratch;

    /// <summary>Where scratch takes the cotangent of a tangent of the output, before <see cref="Pullback"/>.</summary>
    public float* TangentCotangent(float* scratch, int k) => scratch + ((1 + k) * _longestTile);

    /// <summary>Multiplies cotangents with the Jacobians.</summary>
    /// <param name="slot">Slot of the time.</param>
    /// <param name="tile">Index of the tile.</param>
    /// <param name="input">x.</param>
    /// <param name="tangents">Tangents of x.</param>
    /// <param name="record">What the evaluation there recorded.</param>
    /// <param name="traceCotangent">Cotangent of the trace, where it has a closed form.</param>
    /// <param name="inputCotangent">Receives the cotangent of x.</param>
    /// <param name="tangentCotangents">Receives those of the tangents of x, one after the other, unless it is <see langword="null"/>.</param>
    /// <param name="gradient">Parameters' gradients are added here.</param>
    /// <param name="scratch">Cotangents of the output and its tangents, and <see cref="ScratchLength"/> floats in all.</param>
    public void Pullback(
        int slot, int tile, float* input, float** tangents, float* record, float* traceCotangent, float* inputCotangent, float* tangentCotangents, float* gradient, float* scratch)
    {
        float* outputs = scratch;
        float* inputs = scratch + CotangentsLength;
        float* derivativeCotangent = inputs + CotangentsLength;
        float* gradientScratch = derivativeCotangent + _longestTile;
        float* ownGradient = gradient + GradientLength;
        if (_trace is not null)
        {
            ownGradient -= _trace.GradientLength;
            _trace.AddGradient(_records[0].Derivative(record), Second(record), record + _records[Last].End, traceCotangent, ownGradient, gradientScratch);
        }

        for (int i = Last; i >= 0; i--)
        {
            ownGradient -= _layers[i].GradientLength;
            _layers[i].AddGradient(slot, i == 0 ? input : _records[i - 1].Value(record), outputs, _records[i].Product(record), ownGradient, gradientScratch);
            for (int k = 0; k < _tangents; k++)
            {
                float* tangentCotangent = TangentCotangent(outputs, k);
                float* inputTangent = i == 0 ? tangents[k] : _records[i - 1].ActivatedTangent(record, k);
                _layers[i].AddTangentGradient(slot, inputTangent, tangentCotangent, _records[i].Tangent(record, k), ownGradient, gradientScratch);
                if (i > 0)
                {
                    _layers[i].Pullback(tangentCotangent, TangentCotangent(inputs, k));
                }
                else if (tangentCotangents != null)
                {
                    _layers[i].Pullback(tangentCotangent, tangentCotangents + (k * InputLength));
                }
            }

            _layers[i].Pullback(outputs, i > 0 ? inputs : inputCotangent);
            if (i > 0)
            {
                PullbackActivation(i - 1, record, traceCotangent, inputs, derivativeCotangent);
                float* pulled = inputs;
                inputs = outputs;
                outputs = pulled;
            }
        }

        if (_contextCotangent is not null)
        {
            TileAlgebra.Combine(_contextCotangent.At(tile), outputs, [1f], _contextCotangent.Length, _contextCotangent.At(tile));
        }
    }

    /// <summary>Adds what was gathered to the flat gradient.</summary>
    public void AddGradient(float* gradient, Span<float> flat)
    {
        foreach (ManagedPerceptronLayer layer in _layers)
        {
            flat = layer.AddGradient(gradient, flat);
            gradient += layer.GradientLength;
        }

        _trace?.AddGradient(gradient);
    }

    /// <summary>The gathered cotangent of y V, <c>[batch, outputs]</c>, in a tensor that the caller owns.</summary>
    public Tensor? ContextCotangent() => _contextCotangent?.ToTensor();

    public void Dispose()
    {
        foreach (IDisposable? resource in (IDisposable?[])[.. _layers, _contextShift, _contextCotangent, _trace])
        {
            resource?.Dispose();
        }
    }

    private float* Second(float* record) => Last > 1 ? _records[1].Derivative(record) : null;

    // From cotangents after the activation of a layer to those before it.
    private void PullbackActivation(int layer, float* record, float* traceCotangent, float* cotangents, float* derivativeCotangent)
    {
        int length = _layers[layer].TileLength;
        if (!_hasDerivatives)
        {
            MultiplyByDerivative(cotangents, _records[layer].Value(record), length);
            return;
        }

        float* derivative = _records[layer].Derivative(record);
        new Span<float>(derivativeCotangent, length).Clear();
        for (int k = 0; k < _tangents; k++)
        {
            float* tangentCotangent = TangentCotangent(cotangents, k);
            TileProducts.AddProduct(tangentCotangent, _records[layer].Tangent(record, k), length, derivativeCotangent);
            TileProducts.Multiply(tangentCotangent, derivative, length, tangentCotangent);
        }

        _trace?.AddDerivativeCotangent(layer, record + _records[Last].End, traceCotangent, derivativeCotangent);
        if (_activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.PullbackTanh(cotangents, derivativeCotangent, _records[layer].Value(record), derivative, length);
        }
        else
        {
            VectorizedActivation.PullbackSoftplus(cotangents, derivativeCotangent, derivative, length);
        }
    }

    private void MultiplyByDerivative(float* cotangents, float* values, int length)
    {
        if (_activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.MultiplyByTanhDerivative(cotangents, values, length);
        }
        else
        {
            VectorizedActivation.MultiplyBySoftplusDerivative(cotangents, values, length);
        }
    }

    private void Activate(float* values, float* derivatives, int length)
    {
        switch (_activation, _hasDerivatives)
        {
            case (DynamicsActivation.Tanh, false):
                VectorizedActivation.Tanh(values, length);
                break;
            case (DynamicsActivation.Tanh, true):
                VectorizedActivation.Tanh(values, derivatives, length);
                break;
            case (_, false):
                VectorizedActivation.Softplus(values, length);
                break;
            default:
                VectorizedActivation.Softplus(values, derivatives, length);
                break;
        }
    }
}
