using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;
using TorchSharp;
using static TorchSharp.torch;

namespace Microsoft.ML.Implicit.Layers.Flow;

/// <summary>
/// <see cref="PerceptronFlowTerm"/> on tiles in managed memory, as <see cref="PerceptronFlowEvaluation"/> computes it:
/// tangents go forward through the layers beside the values, and one reverse sweep serves both.
/// </summary>
internal sealed unsafe class ManagedFlow : ManagedDynamics
{
    private readonly PerceptronFlowTerm _term;
    private readonly int _width;
    private readonly int _stateLength;
    private readonly ManagedFlowLayer[] _layers;
    private readonly FlowTileRecord _record;
    private readonly RowTiles[] _directions;
    private readonly RowTiles? _contextShift;
    private readonly RowTiles? _contextCotangent;
    private readonly ManagedTrace? _trace;
    private readonly int _longestTile;

    public ManagedFlow(PerceptronFlowTerm term, int rows)
    {
        using DisposeScope scope = NewDisposeScope();
        _term = term;
        _width = (int)term.Dimension;
        Dimension = _width + term.Integrands.Count;
        _stateLength = Tile.Pad(_width) * Tile.Lanes;
        _layers = [.. term.Dynamics.Layers.Select(layer => new ManagedFlowLayer(layer))];
        _directions = [.. Directions(term.Directions)];
        _trace = term.ConstantTrace is { } trace ? new ManagedTrace(trace) : null;
        _record = new FlowTileRecord([.. _layers.Select(l => l.TileLength)], _directions.Length);
        _longestTile = Math.Max(_stateLength, _layers.Max(layer => layer.TileLength));
        if (term.Context is { } context)
        {
            _contextShift = new RowTiles(context.mm(term.Dynamics.Layers[0].ContextWeight!));
            _contextCotangent = new RowTiles(rows, (int)term.Dynamics.Layers[0].Bias.numel());
        }
    }

    public override int Dimension { get; }

    // Cotangents of values and tangents before and after a layer, that of an activation's derivative, and the layer's own.
    public override int ScratchLength => Math.Max(RecordLength, CotangentsLength * 2 + _longestTile + GradientScratchLength);

    public override long WorkPerRow => ((1 + _directions.Length) * _layers.Sum(layer => layer.Work)) + (_trace?.Work ?? 0);

    public override int RecordLength => _record.Length + (_trace?.RecordLength ?? 0);

    public override int GradientLength => _layers.Sum(layer => layer.GradientLength) + (_trace?.GradientLength ?? 0);

    private int CotangentsLength => (1 + _directions.Length) * _longestTile;

    private int GradientScratchLength => Math.Max(_layers.Max(layer => layer.ScratchLength), _trace?.ScratchLength ?? 0);

    private int Last => _layers.Length - 1;

    /// <summary>Tells whether everything that a term integrates is available here.</summary>
    /// <remarks>With gates the closed form of the trace changes with time.</remarks>
    public static bool Supports(PerceptronFlowTerm term) =>
        !term.Integrands.Divergence || term.EstimatesTrace || term.ConstantTrace is not null;

    public override void ReserveTimes(int count)
    {
        foreach (ManagedFlowLayer layer in _layers)
        {
            layer.ReserveTimes(count);
        }
    }

    public override void SetTime(int slot, double time)
    {
        foreach (ManagedFlowLayer layer in _layers)
        {
            layer.SetTime(slot, time);
        }
    }

    public override void Evaluate(int slot, int tile, float* point, float* slope, float* scratch) => EvaluateAndRecord(slot, tile, point, slope, scratch);

    public override void EvaluateAndRecord(int slot, int tile, float* point, float* slope, float* record)
    {
        float* input = point;
        for (int i = 0; i < _layers.Length; i++)
        {
            float* value = _record.Value(record, i);
            float* derivative = _record.Derivative(record, i);
            int length = _layers[i].TileLength;
            _layers[i].Evaluate(slot, input, i == 0 && _contextShift is not null ? _contextShift.At(tile) : null, value, _record.Product(record, i));
            if (i < Last)
            {
                Activate(value, derivative, length);
            }

            for (int k = 0; k < _directions.Length; k++)
            {
                float* tangent = _record.Tangent(record, i, k);
                _layers[i].EvaluateTangent(slot, InputTangent(tile, record, i, k), tangent);
                if (i < Last)
                {
                    TileProducts.Multiply(tangent, derivative, length, _record.ActivatedTangent(record, i, k));
                }
            }

            input = value;
        }

        new ReadOnlySpan<float>(input, _width * Tile.Lanes).CopyTo(new Span<float>(slope, _width * Tile.Lanes));
        Integrate(tile, record, slope);
    }

    public override void Pullback(int slot, int tile, float* point, float* record, float* cotangent, float* stateCotangent, float* gradient, float* scratch)
    {
        float* outputs = scratch;
        float* inputs = scratch + CotangentsLength;
        float* derivativeCotangent = inputs + CotangentsLength;
        float* gradientScratch = derivativeCotangent + _longestTile;
        float* ownGradient = gradient + GradientLength;
        if (_trace is not null)
        {
            ownGradient -= _trace.GradientLength;
            _trace.AddGradient(_record.Derivative(record, 0), Second(record), record + _record.Length, Integral(cotangent, 0), ownGradient, gradientScratch);
        }

        SetOutputCotangents(tile, record, cotangent, outputs);
        for (int i = Last; i >= 0; i--)
        {
            ownGradient -= _layers[i].GradientLength;
            _layers[i].AddGradient(slot, i == 0 ? point : _record.Value(record, i - 1), outputs, _record.Product(record, i), ownGradient, gradientScratch);
            for (int k = 0; k < _directions.Length; k++)
            {
                float* tangentCotangent = outputs + ((1 + k) * _longestTile);
                _layers[i].AddTangentGradient(slot, InputTangent(tile, record, i, k), tangentCotangent, _record.Tangent(record, i, k), ownGradient, gradientScratch);
                if (i > 0)
                {
                    _layers[i].Pullback(tangentCotangent, inputs + ((1 + k) * _longestTile));
                }
            }

            _layers[i].Pullback(outputs, i > 0 ? inputs : stateCotangent);
            if (i > 0)
            {
                PullbackActivation(i - 1, record, cotangent, inputs, derivativeCotangent);
                float* pulled = inputs;
                inputs = outputs;
                outputs = pulled;
            }
        }

        if (_contextCotangent is not null)
        {
            TileAlgebra.Combine(_contextCotangent.At(tile), outputs, [1f], _contextCotangent.Length, _contextCotangent.At(tile));
        }

        ClearIntegrals(stateCotangent);
    }

    public override void AddGradient(float* gradient, Span<float> flat)
    {
        foreach (ManagedFlowLayer layer in _layers)
        {
            flat = layer.AddGradient(gradient, flat);
            gradient += layer.GradientLength;
        }

        _trace?.AddGradient(gradient);
        if (_contextCotangent is not null)
        {
            using Tensor cotangent = _contextCotangent.ToTensor();
            _term.AddContextCotangent(cotangent, null);
        }
    }

    protected override void Dispose(bool disposing)
    {
        foreach (IDisposable? resource in (IDisposable?[])[.. _layers, .. _directions, _contextShift, _contextCotangent, _trace])
        {
            resource?.Dispose();
        }
    }

    private static IEnumerable<RowTiles> Directions(Tensor? directions)
    {
        if (directions is null)
        {
            return [];
        }

        // Directions without memory of their own for each row are the same for all rows.
        return directions.dim() == 2
            ? [new RowTiles(directions)]
            : Enumerable.Range(0, (int)directions.shape[0]).Select(k => new RowTiles(directions.stride()[1] == 0 ? directions[k].narrow(0, 0, 1) : directions[k]));
    }

    private float* InputTangent(int tile, float* record, int layer, int k) =>
        layer == 0 ? _directions[k].At(tile) : _record.ActivatedTangent(record, layer - 1, k);

    private float* Second(float* record) => Last > 1 ? _record.Derivative(record, 1) : null;

    private float* Integral(float* state, int index) => state + ((_width + index) * Tile.Lanes);

    private float* PenaltyOf(float* state) => Integral(state, _term.Integrands.Count - 1);

    private void ClearIntegrals(float* state) =>
        new Span<float>(state + (_width * Tile.Lanes), (Tile.Pad(Dimension) - _width) * Tile.Lanes).Clear();

    private void Integrate(int tile, float* record, float* slope)
    {
        ClearIntegrals(slope);
        FlowIntegrands integrands = _term.Integrands;
        int length = _width * Tile.Lanes;
        _trace?.Evaluate(_record.Derivative(record, 0), Second(record), record + _record.Length, Integral(slope, 0));
        if (integrands.KineticPenalty > 0)
        {
            TileProducts.AddDot(slope, slope, length, (float)integrands.KineticPenalty, PenaltyOf(slope));
        }

        for (int k = 0; k < _directions.Length; k++)
        {
            float* tangent = _record.Tangent(record, Last, k);
            if (_term.EstimatesTrace && integrands.Divergence)
            {
                TileProducts.AddDot(tangent, _directions[k].At(tile), length, 1, Integral(slope, 0));
            }

            if (integrands.JacobianPenalty > 0)
            {
                TileProducts.AddDot(tangent, tangent, length, (float)integrands.JacobianPenalty, PenaltyOf(slope));
            }
        }
    }

    // Cotangents of f and of ∂f/∂z eₖ.
    private void SetOutputCotangents(int tile, float* record, float* cotangent, float* destination)
    {
        FlowIntegrands integrands = _term.Integrands;
        int length = _width * Tile.Lanes;
        new ReadOnlySpan<float>(cotangent, length).CopyTo(new Span<float>(destination, length));
        if (integrands.KineticPenalty > 0)
        {
            TileProducts.AddScaled(PenaltyOf(cotangent), 2 * (float)integrands.KineticPenalty, _record.Value(record, Last), length, destination);
        }

        for (int k = 0; k < _directions.Length; k++)
        {
            destination += _longestTile;
            new Span<float>(destination, length).Clear();
            if (_term.EstimatesTrace && integrands.Divergence)
            {
                TileProducts.AddScaled(Integral(cotangent, 0), 1, _directions[k].At(tile), length, destination);
            }

            if (integrands.JacobianPenalty > 0)
            {
                TileProducts.AddScaled(PenaltyOf(cotangent), 2 * (float)integrands.JacobianPenalty, _record.Tangent(record, Last, k), length, destination);
            }
        }
    }

    // From cotangents after the activation of a layer to those before it.
    private void PullbackActivation(int layer, float* record, float* cotangent, float* cotangents, float* derivativeCotangent)
    {
        int length = _layers[layer].TileLength;
        float* derivative = _record.Derivative(record, layer);
        new Span<float>(derivativeCotangent, length).Clear();
        for (int k = 0; k < _directions.Length; k++)
        {
            float* tangentCotangent = cotangents + ((1 + k) * _longestTile);
            TileProducts.AddProduct(tangentCotangent, _record.Tangent(record, layer, k), length, derivativeCotangent);
            TileProducts.Multiply(tangentCotangent, derivative, length, tangentCotangent);
        }

        _trace?.AddDerivativeCotangent(layer, record + _record.Length, Integral(cotangent, 0), derivativeCotangent);
        if (_term.Dynamics.Activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.PullbackTanh(cotangents, derivativeCotangent, _record.Value(record, layer), derivative, length);
        }
        else
        {
            VectorizedActivation.PullbackSoftplus(cotangents, derivativeCotangent, derivative, length);
        }
    }

    private void Activate(float* values, float* derivatives, int length)
    {
        if (_term.Dynamics.Activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.Tanh(values, derivatives, length);
        }
        else
        {
            VectorizedActivation.Softplus(values, derivatives, length);
        }
    }
}
