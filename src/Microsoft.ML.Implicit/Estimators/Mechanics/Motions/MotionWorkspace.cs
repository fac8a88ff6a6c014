using System.Runtime.InteropServices;
using Microsoft.ML.Implicit.Layers.Ode.Mechanics.Programs;
using Microsoft.ML.Implicit.Solvers.Ode;

namespace Microsoft.ML.Implicit.Estimators;

/// <summary>What one thread needs to take <see cref="RowLanes.Count"/> rows through a step and back.</summary>
internal sealed unsafe class MotionWorkspace : IDisposable
{
    private const nuint CacheLine = 64;

    private readonly RowProgram _program;
    private readonly int _stateLength;
    private readonly double* _memory;
    private readonly double* _values;
    private readonly double* _cotangents;
    private readonly double* _slopes;

    /// <param name="program">The dynamics.</param>
    /// <param name="stages">Stages of a step.</param>
    /// <param name="differentiable">Whether it will go back.</param>
    public MotionWorkspace(RowProgram program, int stages, bool differentiable)
    {
        _program = program;
        _stateLength = program.Input.Width * RowLanes.Count;
        int controls = program.Controls.Width * RowLanes.Count, values = program.ValuesLength * (differentiable ? stages : 1), cotangents = differentiable ? program.ValuesLength : 0;
        long length = (2 * _stateLength) + RowLanes.Count + controls + ((long)stages * _stateLength) + values + cotangents;
        _memory = (double*)NativeMemory.AlignedAlloc((nuint)length * sizeof(double), CacheLine);
        NativeMemory.Clear(_memory, (nuint)length * sizeof(double));
        State = _memory;
        Adjoint = State + _stateLength;
        Size = Adjoint + _stateLength;
        Controls = Size + RowLanes.Count;
        _slopes = Controls + controls;
        _values = _slopes + (stages * _stateLength);
        _cotangents = _values + values;
        Gradient = differentiable ? new double[program.ParameterCount] : [];
    }

    /// <summary>The state, [width][lane].</summary>
    public double* State { get; }

    /// <summary>Its cotangent.</summary>
    public double* Adjoint { get; }

    /// <summary>The size of a step for each lane.</summary>
    public double* Size { get; }

    /// <summary>[controls][lane].</summary>
    public double* Controls { get; }

    /// <summary>The parameters' gradient so far.</summary>
    public double[] Gradient { get; }

    /// <summary>Takes a step, to <see cref="State"/>.</summary>
    /// <param name="method">The method.</param>
    /// <param name="parameters">The program's parameters.</param>
    /// <param name="start">Where it sets out; it may be the state.</param>
    /// <param name="keepsValues">Whether <see cref="Reverse"/> follows.</param>
    public void Step(ExplicitRungeKutta method, double* parameters, double* start, bool keepsValues)
    {
        int controls = _program.Controls.Width * RowLanes.Count;
        for (int stage = 0; stage < method.EndStage; stage++)
        {
            double* values = Values(keepsValues ? stage : 0);
            Combine(start, method.A[stage], RowLanes.At(values, _program.Input.Start));
            new ReadOnlySpan<double>(Controls, controls).CopyTo(new Span<double>(RowLanes.At(values, _program.Controls.Start), controls));
            _program.Evaluate(values, parameters);
            new ReadOnlySpan<double>(RowLanes.At(values, _program.Output.Start), _stateLength).CopyTo(new Span<double>(Slope(stage), _stateLength));
        }

        Combine(start, method.A[method.EndStage], State);
    }

    /// <summary>Takes <see cref="Adjoint"/> back through the last step.</summary>
    public void Reverse(ExplicitRungeKutta method, double* parameters, double* gradient)
    {
        double[] weights = method.A[method.EndStage];
        for (int stage = 0; stage < method.EndStage; stage++)
        {
            new Span<double>(Slope(stage), _stateLength).Clear();
            AddScaled(Adjoint, weights[stage], Slope(stage));
        }

        for (int stage = method.EndStage - 1; stage >= 0; stage--)
        {
            new Span<double>(_cotangents, _program.ValuesLength).Clear();
            new ReadOnlySpan<double>(Slope(stage), _stateLength).CopyTo(new Span<double>(RowLanes.At(_cotangents, _program.Output.Start), _stateLength));
            _program.Pullback(Values(stage), _cotangents, parameters, gradient);
            double* point = RowLanes.At(_cotangents, _program.Input.Start);
            for (int i = 0; i < stage; i++)
            {
                AddScaled(point, method.A[stage][i], Slope(i));
            }

            for (int i = 0; i < _stateLength; i++)
            {
                Adjoint[i] += point[i];
            }
        }
    }

    public void Dispose() => NativeMemory.AlignedFree(_memory);

    private double* Values(int stage) => _values + (stage * _program.ValuesLength);

    private double* Slope(int stage) => _slopes + (stage * _stateLength);

    // start + size Σ weight slope.
    private void Combine(double* start, double[] weights, double* destination)
    {
        if (start != destination)
        {
            new ReadOnlySpan<double>(start, _stateLength).CopyTo(new Span<double>(destination, _stateLength));
        }

        for (int stage = 0; stage < weights.Length; stage++)
        {
            if (weights[stage] != 0)
            {
                AddScaled(Slope(stage), weights[stage], destination);
            }
        }
    }

    // destination += weight size source, lane by lane.
    private void AddScaled(double* source, double weight, double* destination)
    {
        for (int i = 0; i < _stateLength; i++)
        {
            destination[i] += weight * Size[i % RowLanes.Count] * source[i];
        }
    }
}
