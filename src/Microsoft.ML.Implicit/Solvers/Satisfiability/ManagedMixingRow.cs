using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps of one row on the CPU.</summary>
internal sealed unsafe class ManagedMixingRow
{
    private readonly ManagedMixingData _data;
    private readonly int _rank;
    private readonly byte* _isFree;
    private readonly float* _vectors;
    private readonly float* _norms;
    private readonly double* _reading;
    private readonly float* _solution;
    private readonly float* _rightSide;
    private readonly float* _delta;
    private readonly float* _product;
    private readonly float* _updated;
    private readonly float* _w;

    /// <param name="data">The batch.</param>
    /// <param name="row">Which row.</param>
    /// <param name="scratch">As many floats as <see cref="ScratchLength"/> says.</param>
    public ManagedMixingRow(ManagedMixingData data, int row, float* scratch)
    {
        (_data, _rank) = (data, data.Rank);
        long variables = (long)row * data.Variables, numbers = variables * data.Rank;
        _isFree = data.IsFree + variables;
        _vectors = data.Vectors + numbers;
        _norms = data.Norms + variables;
        _reading = data.Readings + (2 * row);
        _solution = data.Solution is null ? null : data.Solution + numbers;
        _rightSide = data.RightSide is null ? null : data.RightSide + numbers;
        _delta = scratch;
        _product = _delta + _rank;
        _updated = _product + _rank;
        _w = _updated + _rank;
    }

    private bool IsAdjoint => _solution is not null;

    public static long ScratchLength(MixingSystem system) => (system.Clauses + 3L) * system.Rank;

    public void Run()
    {
        int last = Start();
        double relative = double.PositiveInfinity;
        int sweep = 0;
        while (sweep < _data.Settings.MaximumSweeps && !(relative <= _data.Settings.Tolerance))
        {
            _data.CancellationToken.ThrowIfCancellationRequested();
            double change = 0, size = 0;
            for (int variable = 0; variable < _data.Variables; variable++)
            {
                if (_isFree[variable] == 0)
                {
                    continue;
                }

                Multiply(Weights(last), Weights(variable));
                (double moved, double length) = Move(variable);
                change += moved;
                size += length;
                last = variable;
            }

            sweep++;
            relative = size == 0 ? change : change / size;
        }

        (_reading[0], _reading[1]) = (sweep, relative);
    }

    // W of what is given and of what the free variables begin at. The last variable's part is left for the first pass to add.
    private int Start()
    {
        new Span<float>(_w, _data.Clauses * _rank).Clear();
        int last = _data.Variables - 1;
        for (int variable = 0; variable <= last; variable++)
        {
            var vector = new ReadOnlySpan<float>(_vectors + ((long)variable * _rank), _rank);
            vector.CopyTo(new Span<float>(_delta, _rank));
            if (variable < last && vector.ContainsAnyExcept(0f))
            {
                Multiply(Weights(variable), Weights(variable));
            }
        }

        return last;
    }

    private float* Weights(int variable) => _data.Weights + ((long)variable * _data.Clauses);

    // What changed in the variable before goes into W, and W s of the next comes out.
    private void Multiply(float* before, float* s)
    {
        for (int block = 0; block < _rank; block += ManagedMixing.RankBlock)
        {
            ManagedMixing.Pass(_w + ((long)block * _data.Clauses), _data.Clauses, before, _delta + block, s, _product + block);
        }
    }

    // Sets the variable's next vector. What moved and how long it is, both squared and weighed by how firmly the others hold it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Moved, double Length) Move(int variable)
    {
        long offset = (long)variable * _rank;
        float* vector = _vectors + offset, solution = _solution + offset, rightSide = _rightSide + offset;
        Vector256<float> square = Vector256.Create(_data.Squares[variable]), squares = default, products = default;
        for (int k = 0; k < _rank; k += Vector256<float>.Count)
        {
            Vector256<float> right = (square * Vector256.Load(vector + k)) - Vector256.Load(_product + k);
            if (IsAdjoint)
            {
                right += Vector256.Load(rightSide + k);
                products += right * Vector256.Load(solution + k);
            }

            squares += right * right;
            right.Store(_updated + k);
        }

        float norm = IsAdjoint ? _norms[variable] : MathF.Sqrt(Vector256.Sum(squares));
        _norms[variable] = norm;
        if (norm == 0)
        {
            // What no other variable holds stays where it is.
            new Span<float>(_delta, _rank).Clear();
            return (0, 0);
        }

        Vector256<float> inverse = Vector256.Create(1 / norm), along = Vector256.Create(Vector256.Sum(products)), moves = default, lengths = default;
        for (int k = 0; k < _rank; k += Vector256<float>.Count)
        {
            Vector256<float> updated = Vector256.Load(_updated + k);
            updated = (IsAdjoint ? updated - (along * Vector256.Load(solution + k)) : updated) * inverse;
            Vector256<float> step = updated - Vector256.Load(vector + k);
            moves += step * step;
            lengths += updated * updated;
            updated.Store(vector + k);
            step.Store(_delta + k);
        }

        return (norm * (double)Vector256.Sum(moves), norm * (double)Vector256.Sum(lengths));
    }
}
