using Microsoft.ML.Implicit.Solvers.FixedPoint;
using TensorPrimitives = System.Numerics.Tensors.TensorPrimitives;

namespace Microsoft.ML.Implicit.Solvers.Conic.Splitting;

/// <summary>
/// Anderson acceleration of a nonexpansive iteration (Walker and Ni, 2011), safeguarded (as in Zhang, O'Donoghue and Boyd, 2020): a combination of the last images takes the place of the last one, and is
/// taken back where the step from it is longer than the one before.
/// </summary>
/// <param name="size">Length of a state.</param>
internal sealed class AndersonAcceleration(int size)
{
    private const int Memory = 10;
    private const double Ridge = 1e-14;

    // Where steps hardly differ, as while multipliers grow, a combination of them would leave for points from which no step leads back.
    private const double LargestWeights = 1e5;

    private readonly double[][] _images = Create(size);
    private readonly double[][] _steps = Create(size);
    private readonly double[] _state = new double[size];
    private readonly double[] _products = new double[Memory];
    private readonly double[] _weights = new double[Memory];
    private readonly GramSystem _gram = new(1, Memory, Ridge);
    private bool _hasState;
    private bool _isGuess;
    private int _count;
    private double _square;

    /// <summary>Forgets all steps, as where another iteration begins.</summary>
    public void Reset() => (_hasState, _isGuess, _count) = (false, false, 0);

    /// <summary>Takes a step of the iteration.</summary>
    /// <param name="image">What the iteration makes of the last state, in place of which the next state is given.</param>
    /// <param name="extrapolates">Whether that may be another than the image.</param>
    /// <returns>Whether it is another.</returns>
    public bool Advance(double[] image, bool extrapolates)
    {
        bool hasChanged = _hasState && Replace(image, extrapolates);
        image.CopyTo(_state, 0);
        _hasState = true;
        return hasChanged;
    }

    private static double[][] Create(int size) => [.. Enumerable.Range(0, Memory).Select(_ => new double[size])];

    private bool Replace(double[] image, bool extrapolates)
    {
        int slot = _count % Memory;
        double[] step = _steps[slot];
        image.CopyTo(step, 0);
        DenseVector.AddScaled(step, -1, _state);
        double square = DenseVector.Dot(step, step);
        if (_isGuess && !(square <= _square))
        {
            // The last image is that which the guess was made of.
            _images[(_count - 1) % Memory].CopyTo(image, 0);
            (_isGuess, _count) = (false, 0);
            return true;
        }

        image.CopyTo(_images[slot], 0);
        _count++;
        int stored = Math.Min(_count, Memory);
        for (int i = 0; i < stored; i++)
        {
            _products[i] = DenseVector.Dot(step, _steps[i]);
        }

        _gram.SetRow(slot, stored, _products, Memory);
        (_isGuess, _square) = (extrapolates && stored == Memory, square);
        if (!_isGuess)
        {
            return false;
        }

        _gram.Solve(slot, stored, _weights);
        _isGuess = TensorPrimitives.SumOfMagnitudes<double>(_weights.AsSpan(0, stored)) <= LargestWeights;
        if (!_isGuess)
        {
            return false;
        }

        Array.Clear(image);
        for (int i = 0; i < stored; i++)
        {
            DenseVector.AddScaled(image, _weights[i], _images[i]);
        }

        return true;
    }
}
