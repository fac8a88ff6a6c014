using Microsoft.ML.Implicit.Numerics;
using Microsoft.ML.Implicit.Solvers.Ode.Stepping;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Ode.Managed;

/// <summary>
/// An explicit Runge-Kutta method on a few rows in managed memory, each with its own adaptive steps, without a tensor operation or an
/// allocation: what a row gets does not depend on the rows beside it. An instance holds one solve at a time.
/// </summary>
internal sealed unsafe class ManagedRowIntegrator : IDisposable
{
    private readonly ExplicitRungeKutta _method;
    private readonly int _dimension;
    private readonly int _slopesStride;
    private readonly float[] _errorWeights;
    private readonly float[] _correctionWeights;
    private readonly bool[] _hasWeight;
    private readonly AlignedBuffer _states;
    private readonly AlignedBuffer _points;
    private readonly AlignedBuffer _slopes;
    private readonly AlignedBuffer _error;
    private readonly ManagedRowStep[] _steps;
    private readonly double[] _times;
    private readonly int[] _evaluations;
    private readonly bool[] _areSolved;
    private float _tolerance;
    private long _attempts;

    /// <param name="method">A method with an error estimate.</param>
    /// <param name="control">How step sizes follow from errors.</param>
    /// <param name="maximumSteps">Limit on the steps that a row attempts.</param>
    /// <param name="dimension">Coordinates of a row.</param>
    /// <param name="capacity">Rows of a solve at most.</param>
    public ManagedRowIntegrator(ExplicitRungeKutta method, PiStepControl control, int maximumSteps, int dimension, int capacity)
    {
        (_method, _dimension) = (method, dimension);
        Stride = Tile.PadLength(dimension);
        _slopesStride = (method.EndStage + 1) * Stride;
        _errorWeights = Array.ConvertAll(method.ErrorWeights, weight => (float)weight);
        _correctionWeights = Array.ConvertAll(method.CorrectionWeights, weight => (float)weight);
        _hasWeight = [.. Enumerable.Range(0, method.EndStage + 1).Select(stage => HasWeight(method, stage))];
        _states = new AlignedBuffer((long)capacity * Stride);
        _points = new AlignedBuffer((long)capacity * Stride);
        _slopes = new AlignedBuffer((long)capacity * _slopesStride);
        _error = new AlignedBuffer(Stride);
        _times = new double[capacity];
        _evaluations = new int[capacity];
        _areSolved = new bool[capacity];
        _steps = [.. _times.Select(_ => new ManagedRowStep(new PiStepController(control, method.EmbeddedOrder), control.MaximumStep, maximumSteps))];
    }

    /// <summary>Floats of a row: its state, padded with zeros.</summary>
    public int Stride { get; }

    /// <summary>Evaluations of f in each row of the latest solve.</summary>
    public ReadOnlySpan<int> Evaluations => _evaluations;

    /// <summary>Whether each row of the latest solve came to its end.</summary>
    public ReadOnlySpan<bool> AreSolved => _areSolved;

    /// <summary>Steps that a row of the latest solve attempted, on average.</summary>
    public double MeanAttempts { get; private set; }

    /// <summary>Carries rows from one time to another.</summary>
    /// <param name="rows">f.</param>
    /// <param name="start">Time to set out from.</param>
    /// <param name="end">Time to go to, before or after it.</param>
    /// <param name="tolerance">Relative and absolute tolerance of the local error.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="states">State of each row at the start, and then at the end, <see cref="Stride"/> floats a row.</param>
    /// <param name="firstStep">Size of the first step, or <see langword="null"/> to estimate it, which takes an evaluation and errs on the side of short steps.</param>
    /// <returns>Whether all rows could be solved.</returns>
    public bool Solve(IManagedRows rows, double start, double end, double tolerance, int count, float* states, double? firstStep = null)
    {
        (_tolerance, _attempts) = ((float)tolerance, 0);
        new ReadOnlySpan<float>(states, count * Stride).CopyTo(new Span<float>(_states.Pointer, count * Stride));
        ChooseFirstSteps(rows, start, end, count, firstStep);
        int active = count;
        while (active > 0)
        {
            TryStep(rows, active);
            for (int row = active - 1; row >= 0; row--)
            {
                ManagedRowStep step = _steps[row];
                if (step.Judge(Error(row)))
                {
                    Copy(Point(row), State(row));
                    Copy(Slope(row, _method.EndStage), Slope(row, 0));
                }

                if (step.HasArrived || step.HasFailed)
                {
                    Copy(State(row), states + ((long)step.Original * Stride));
                    _areSolved[step.Original] = step.HasArrived && TensorPrimitives.IsFiniteAll(new ReadOnlySpan<float>(State(row), Stride));
                    _evaluations[step.Original] = _method.EvaluationsOf(step.Attempts) - (firstStep is null ? 0 : 1);
                    _attempts += step.Attempts;
                    Replace(rows, row, --active);
                }
            }
        }

        MeanAttempts = (double)_attempts / count;
        return !_areSolved.AsSpan(0, count).Contains(false);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _states.Dispose();
        _points.Dispose();
        _slopes.Dispose();
        _error.Dispose();
    }

    private void ChooseFirstSteps(IManagedRows rows, double start, double end, int count, double? firstStep)
    {
        _times.AsSpan(0, count).Fill(start);
        rows.Evaluate(_times, _states.Pointer, count, Slope(0, 0), _slopesStride, hasIntegrals: true);
        for (int row = 0; row < count; row++)
        {
            _steps[row].Begin(row, start, end);
            _steps[row].SetSize(firstStep ?? 0);
        }

        if (firstStep is null)
        {
            EstimateFirstSteps(rows, start, end, count);
        }
    }

    private void EstimateFirstSteps(IManagedRows rows, double start, double end, int count)
    {
        double length = Math.Abs(end - start);
        Span<float> weights = stackalloc float[2];
        for (int row = 0; row < count; row++)
        {
            _steps[row].SetSize(InitialStep.FirstGuess(Norm(State(row), State(row), State(row)), Norm(Slope(row, 0), State(row), State(row)), length));
            double euler = Math.Sign(end - start) * _steps[row].Size;
            _times[row] = start + euler;
            weights[0] = (float)euler;
            TileAlgebra.Combine(State(row), Slope(row, 0), weights[..1], Stride, Point(row));
        }

        rows.Evaluate(_times, _points.Pointer, count, Slope(0, 1), _slopesStride, hasIntegrals: true);
        (weights[0], weights[1]) = (-1, 1);
        for (int row = 0; row < count; row++)
        {
            double guess = _steps[row].Size;
            TileAlgebra.Combine(null, Slope(row, 0), weights, Stride, _error.Pointer);
            double curvature = Norm(_error.Pointer, State(row), State(row)) / guess;
            _steps[row].SetSize(double.IsNaN(guess) ? length : InitialStep.Estimate(guess, Norm(Slope(row, 0), State(row), State(row)), curvature, _method.Order));
        }
    }

    // A stage without a weight, as the second of Dopri5, serves other stages alone; the last is the first of the next step.
    private static bool HasWeight(ExplicitRungeKutta method, int stage) => stage == method.EndStage
        || new[] { method.A[method.EndStage], method.ErrorWeights, method.CorrectionWeights }.Any(weights => stage < weights.Length && weights[stage] != 0);

    // The last point evaluated of a row is where its step ends.
    private void TryStep(IManagedRows rows, int active)
    {
        for (int row = 0; row < active; row++)
        {
            _steps[row].Propose();
        }

        Span<float> weights = stackalloc float[_method.EndStage];
        for (int stage = 1; stage <= _method.EndStage; stage++)
        {
            double[] a = _method.A[stage];
            for (int row = 0; row < active; row++)
            {
                for (int j = 0; j < a.Length; j++)
                {
                    weights[j] = (float)(a[j] * _steps[row].Step);
                }

                _times[row] = _steps[row].Time + (_method.C[stage] * _steps[row].Step);
                TileAlgebra.Combine(State(row), Slope(row, 0), weights[..a.Length], Stride, Point(row));
            }

            rows.Evaluate(_times, _points.Pointer, active, Slope(0, stage), _slopesStride, _hasWeight[stage]);
        }
    }

    private double Error(int row)
    {
        double error = Error(row, _errorWeights);
        return Math.Abs(_steps[row].Step) * (_correctionWeights.Length > 0 ? RungeKutta.CombineErrors(error, Error(row, _correctionWeights)) : error);
    }

    private double Error(int row, float[] weights)
    {
        TileAlgebra.Combine(null, Slope(row, 0), weights, Stride, _error.Pointer);
        return Norm(_error.Pointer, State(row), Point(row));
    }

    private double Norm(float* value, float* a, float* b) =>
        Math.Sqrt(TileAlgebra.SumScaledSquares(value, a, b, Stride, Tile.Lanes, _tolerance, _tolerance) / _dimension);

    // Lets the last row take the place of one that is done.
    private void Replace(IManagedRows rows, int done, int last)
    {
        if (done != last)
        {
            Copy(State(last), State(done));
            Copy(Slope(last, 0), Slope(done, 0));
            (_steps[done], _steps[last]) = (_steps[last], _steps[done]);
            rows.MoveRow(last, done);
        }
    }

    private void Copy(float* source, float* destination) => new ReadOnlySpan<float>(source, Stride).CopyTo(new Span<float>(destination, Stride));

    private float* State(int row) => _states.Pointer + ((long)row * Stride);

    private float* Point(int row) => _points.Pointer + ((long)row * Stride);

    private float* Slope(int row, int stage) => _slopes.Pointer + ((long)row * _slopesStride) + ((long)stage * Stride);
}
