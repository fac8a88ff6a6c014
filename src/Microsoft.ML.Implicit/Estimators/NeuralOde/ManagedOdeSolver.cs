using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode;
using Microsoft.ML.Implicit.Solvers.Ode.Managed;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>Solves <see cref="ManagedOdeNetwork"/> at some rows, each with steps of its own.</summary>
internal sealed unsafe class ManagedOdeSolver : ManagedSolver, IManagedRows
{
    private readonly ManagedRowIntegrator _integrator;
    private readonly AlignedBuffer _states;
    private readonly AlignedBuffer _shifts;
    private readonly AlignedBuffer[] _hidden;
    private ManagedOdeNetwork _network;

    /// <param name="network">A network of the size of all that will be solved.</param>
    /// <param name="method">How it is solved.</param>
    /// <param name="control">How step sizes follow from errors.</param>
    /// <param name="maximumSteps">Limit on the steps that a row attempts.</param>
    /// <param name="capacity">Rows of a solve at most.</param>
    public ManagedOdeSolver(ManagedOdeNetwork network, ExplicitRungeKutta method, PiStepControl control, int maximumSteps, int capacity)
    {
        _network = network;
        _integrator = new ManagedRowIntegrator(method, control, maximumSteps, network.Dimension, capacity);
        _states = new AlignedBuffer((long)capacity * Stride);
        _shifts = new AlignedBuffer((long)capacity * network.Layers[0].Stride);
        _hidden = [.. network.Layers[..^1].Select(layer => new AlignedBuffer((long)capacity * layer.Stride))];
    }

    public override int Stride => _integrator.Stride;

    public override float* Solve(ManagedNetwork network, CodedRows inputs, Span<float> evaluations)
    {
        _network = (ManagedOdeNetwork)network;
        _network.Start.Evaluate(inputs, _states.Pointer, Stride);
        _integrator.Solve(this, 0, 1, _network.Tolerance, inputs.Count, _states.Pointer);
        for (int row = 0; row < inputs.Count; row++)
        {
            if (!_integrator.AreSolved[row])
            {
                new Span<float>(_states.Pointer + ((long)row * Stride), _network.Dimension).Fill(float.NaN);
            }

            if (!evaluations.IsEmpty)
            {
                evaluations[row] += _integrator.Evaluations[row];
            }
        }

        return _states.Pointer;
    }

    /// <inheritdoc/>
    public void Evaluate(ReadOnlySpan<double> times, float* points, int rows, float* slopes, int slopeStride, bool hasIntegrals)
    {
        PanelAffine first = _network.Layers[0];
        for (int row = 0; row < rows; row++)
        {
            TileAlgebra.Combine(first.Bias, _network.TimeWeight.Pointer, [(float)times[row]], first.Stride, _shifts.Pointer + ((long)row * first.Stride));
        }

        first.Evaluate(points, Stride, _shifts.Pointer, first.Stride, rows, _hidden[0].Pointer, first.Stride);
        for (int i = 0; i < _hidden.Length; i++)
        {
            PanelAffine next = _network.Layers[i + 1];
            bool isLast = i + 1 == _hidden.Length;
            VectorizedActivation.Tanh(_hidden[i].Pointer, rows * _network.Layers[i].Stride);
            next.Evaluate(_hidden[i].Pointer, _network.Layers[i].Stride, rows, isLast ? slopes : _hidden[i + 1].Pointer, isLast ? slopeStride : next.Stride);
        }
    }

    /// <inheritdoc/>
    public void MoveRow(int from, int to)
    {
        // f holds nothing of a row.
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _integrator.Dispose();
        _states.Dispose();
        _shifts.Dispose();
        Array.ForEach(_hidden, buffer => buffer.Dispose());
    }
}
