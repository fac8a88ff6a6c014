using Microsoft.ML.Implicit.Layers.Ode;
using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;

namespace Microsoft.ML.Implicit.Layers.Flow.Managed;

/// <summary>
/// Carries a few rows to the base distribution of a flow, with the log determinant of the way there, in managed memory. An instance holds one
/// solve at a time.
/// </summary>
internal sealed unsafe class ManagedFlowRows : IManagedRows, IDisposable
{
    private readonly ManagedPerceptronFlow _flow;
    private readonly ManagedRowIntegrator _integrator;
    private readonly AlignedBuffer _states;
    private readonly AlignedBuffer _contextShifts;
    private readonly AlignedBuffer _shifts;
    private readonly AlignedBuffer[] _values;
    private readonly AlignedBuffer[] _derivatives;
    private readonly AlignedBuffer _product;

    /// <param name="flow">The flow, which others may use as well.</param>
    /// <param name="method">How it is solved.</param>
    /// <param name="control">How step sizes follow from errors.</param>
    /// <param name="maximumSteps">Limit on the steps that a row attempts.</param>
    /// <param name="capacity">Rows of a solve at most.</param>
    public ManagedFlowRows(ManagedPerceptronFlow flow, ExplicitRungeKutta method, PiStepControl control, int maximumSteps, int capacity)
    {
        _flow = flow;
        _integrator = new ManagedRowIntegrator(method, control, maximumSteps, flow.Dimension + 1, capacity);
        _states = new AlignedBuffer((long)capacity * Stride);
        _contextShifts = new AlignedBuffer((long)capacity * First.Stride);
        _shifts = new AlignedBuffer((long)capacity * First.Stride);
        _values = [.. flow.Layers[..^1].Select(layer => new AlignedBuffer((long)capacity * layer.Stride))];
        _derivatives = [.. flow.Layers[..^1].Select(layer => new AlignedBuffer((long)capacity * layer.Stride))];
        _product = new AlignedBuffer((long)capacity * flow.Trace.Stride);
    }

    /// <summary>Floats from one row to the next.</summary>
    public int Stride => _integrator.Stride;

    /// <summary>
    /// Size of a step as rows like those of the latest solve would take it: their first, which was estimated, is shorter than the others and not counted.
    /// </summary>
    public double UsualStep => 1 / Math.Max(_integrator.MeanAttempts - 1, 1);

    private PanelAffine First => _flow.Layers[0];

    /// <summary>A row before <see cref="Solve"/>, and after it the row in the base distribution with the log determinant behind it.</summary>
    public Span<float> Row(int row) => new(_states.Pointer + ((long)row * Stride), _flow.Dimension + 1);

    /// <summary>Carries rows to the base distribution.</summary>
    /// <param name="rows">Number of rows.</param>
    /// <param name="contexts">What they are conditioned on, one row after another, where the flow is.</param>
    /// <param name="contextStride">Floats from one row of it to the next.</param>
    /// <param name="tolerance">Relative and absolute tolerance of the local error.</param>
    /// <param name="firstStep">Size of the first step, or <see langword="null"/> to estimate it.</param>
    /// <returns>Whether all rows could be solved.</returns>
    public bool Solve(int rows, float* contexts, int contextStride, double tolerance, double? firstStep = null)
    {
        for (int row = 0; row < rows; row++)
        {
            Row(row)[_flow.Dimension] = 0;
        }

        _flow.Context?.Evaluate(contexts, contextStride, rows, _contextShifts.Pointer, First.Stride);
        return _integrator.Solve(this, 1, 0, tolerance, rows, _states.Pointer, firstStep);
    }

    /// <inheritdoc/>
    public void Evaluate(ReadOnlySpan<double> times, float* points, int rows, float* slopes, int slopeStride, bool hasIntegrals)
    {
        int stride = First.Stride;
        for (int row = 0; row < rows; row++)
        {
            float* constant = _flow.Context is null ? First.Bias : _contextShifts.Pointer + ((long)row * stride);
            TileAlgebra.Combine(constant, _flow.TimeWeight.Pointer, [(float)times[row]], stride, _shifts.Pointer + ((long)row * stride));
        }

        First.Evaluate(points, Stride, _shifts.Pointer, stride, rows, _values[0].Pointer, stride);
        for (int i = 0; i < _values.Length; i++)
        {
            Activate(_values[i].Pointer, _derivatives[i].Pointer, rows * _flow.Layers[i].Stride);
            PanelAffine next = _flow.Layers[i + 1];
            bool isLast = i + 1 == _values.Length;
            next.Evaluate(_values[i].Pointer, _flow.Layers[i].Stride, rows, isLast ? slopes : _values[i + 1].Pointer, isLast ? slopeStride : next.Stride);
        }

        if (hasIntegrals)
        {
            _flow.Trace.Evaluate(_derivatives[0].Pointer, stride, rows, _product.Pointer, _flow.Trace.Stride);
        }

        for (int row = 0; row < rows; row++)
        {
            var slope = new Span<float>(slopes + ((long)row * slopeStride), Stride);
            slope[_flow.Dimension..].Clear();
            slope[_flow.Dimension] = hasIntegrals ? Divergence(row) : 0;
        }
    }

    /// <inheritdoc/>
    public void MoveRow(int from, int to)
    {
        int stride = First.Stride;
        new ReadOnlySpan<float>(_contextShifts.Pointer + ((long)from * stride), stride).CopyTo(new Span<float>(_contextShifts.Pointer + ((long)to * stride), stride));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _integrator.Dispose();
        foreach (AlignedBuffer buffer in (AlignedBuffer[])[_states, _contextShifts, _shifts, .. _values, .. _derivatives, _product])
        {
            buffer.Dispose();
        }
    }

    // d₁ᵀ M d₂, or with one hidden layer d₁ᵀ m.
    private float Divergence(int row)
    {
        int stride = _flow.Trace.Stride;
        float* product = _product.Pointer + ((long)row * stride);
        return _derivatives.Length == 1
            ? *product
            : TileAlgebra.Dot(product, _derivatives[1].Pointer + ((long)row * stride), stride);
    }

    private void Activate(float* values, float* derivatives, int length)
    {
        if (_flow.Activation == DynamicsActivation.Tanh)
        {
            VectorizedActivation.Tanh(values, derivatives, length);
        }
        else
        {
            VectorizedActivation.Softplus(values, derivatives, length);
        }
    }
}
