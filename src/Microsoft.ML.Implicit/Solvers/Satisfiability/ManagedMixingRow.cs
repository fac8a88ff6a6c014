using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Microsoft.ML.Implicit.Solvers.Satisfiability;

/// <summary>The sweeps of one row on the CPU.</summary>
internal sealed unsafe class ManagedMixingRow
{
    private const int RankBlock = ManagedMixing.RankBlock;
    private const int VariableBlock = ManagedMixing.VariableBlock;

    private readonly ManagedMixingData _data;
    private readonly int _rank;
    private readonly float* _vectors;
    private readonly float* _norms;
    private readonly double* _reading;
    private readonly float* _solution;
    private readonly float* _rightSide;

    // What is free, and then what is given.
    private readonly int* _order;
    private readonly int _freeCount;

    // By their places in the order: the vectors, [rank / 16][variables][16], and what is constant in the sum over the others, [variables][rank].
    private readonly float* _packed;
    private readonly float* _constants;

    // Of the variables of a pass: the products with all others, [variables][4], the sums, [4][rank], and a change, [rank].
    private readonly float* _products;
    private readonly float* _sums;
    private readonly float* _step;

    /// <param name="data">The batch.</param>
    /// <param name="row">Which row.</param>
    /// <param name="scratch">As many floats as <see cref="ScratchLength"/> says.</param>
    public ManagedMixingRow(ManagedMixingData data, int row, float* scratch)
    {
        (_data, _rank) = (data, data.Rank);
        long variables = (long)row * data.Variables, numbers = variables * data.Rank, length = (long)data.Variables * data.Rank;
        _vectors = data.Vectors + numbers;
        _norms = data.Norms + variables;
        _reading = data.Readings + (2 * row);
        _solution = data.Solution is null ? null : data.Solution + numbers;
        _rightSide = data.RightSide is null ? null : data.RightSide + numbers;
        _packed = scratch;
        _constants = _packed + length;
        _sums = _constants + length;
        _step = _sums + (VariableBlock * _rank);
        _products = _step + _rank;
        _order = (int*)(_products + ((long)VariableBlock * data.Variables));
        int given = data.Variables;
        for (int variable = 0; variable < data.Variables; variable++)
        {
            _order[data.IsFree[variables + variable] != 0 ? _freeCount++ : --given] = variable;
        }
    }

    private bool IsAdjoint => _solution is not null;

    public static long ScratchLength(MixingSystem system) => (((2L * system.Rank) + VariableBlock + 1) * system.Variables) + ((VariableBlock + 1L) * system.Rank);

    public void Run()
    {
        Start();
        double relative = double.PositiveInfinity;
        int sweep = 0;
        while (sweep < _data.Settings.MaximumSweeps && !(relative <= _data.Settings.Tolerance))
        {
            _data.CancellationToken.ThrowIfCancellationRequested();
            double change = 0, size = 0;
            for (int first = 0; first < _freeCount; first += VariableBlock)
            {
                Sum(first, 0, _freeCount, _sums);
                int count = Math.Min(VariableBlock, _freeCount - first);
                for (int i = 0; i < count; i++)
                {
                    (double moved, double length) = Move(first + i, _sums + (i * _rank));
                    change += moved;
                    size += length;
                    for (int later = i + 1; later < count; later++)
                    {
                        AddScaled(_step, _products[((first + i) * VariableBlock) + later], _sums + (later * _rank));
                    }
                }
            }

            sweep++;
            relative = size == 0 ? change : change / size;
        }

        for (int place = 0; place < _freeCount; place++)
        {
            Copy(place, isPacking: false);
        }

        (_reading[0], _reading[1]) = (sweep, relative);
    }

    private void Start()
    {
        for (int place = 0; place < _data.Variables; place++)
        {
            Copy(place, isPacking: true);
        }

        for (int first = 0; first < _freeCount; first += VariableBlock)
        {
            int count = Math.Min(VariableBlock, _freeCount - first);
            if (!IsAdjoint)
            {
                Sum(first, _freeCount, _data.Variables, _sums);
                new ReadOnlySpan<float>(_sums, count * _rank).CopyTo(new Span<float>(_constants + ((long)first * _rank), count * _rank));
                continue;
            }

            for (int place = first; place < first + count; place++)
            {
                long target = (long)place * _rank, source = (long)_order[place] * _rank;
                for (int k = 0; k < _rank; k++)
                {
                    _constants[target + k] = -_rightSide[source + k];
                }
            }
        }
    }

    private void Copy(int place, bool isPacking)
    {
        float* vector = _vectors + ((long)_order[place] * _rank);
        for (int block = 0; block < _rank; block += RankBlock)
        {
            var plain = new Span<float>(vector + block, RankBlock);
            var packed = new Span<float>(Packed(place, block), RankBlock);
            (isPacking ? plain : packed).CopyTo(isPacking ? packed : plain);
        }
    }

    private float* Packed(int place, int block) => _packed + ((long)block * _data.Variables) + ((long)place * RankBlock);

    // What the vectors at the places from begin to end make of the variables of a pass.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Sum(int first, int begin, int end, float* sums)
    {
        for (int i = 0; i < VariableBlock; i++)
        {
            float* row = first + i < _freeCount ? _data.Products + ((long)_order[first + i] * _data.Variables) : null;
            for (int place = begin; place < end; place++)
            {
                _products[((long)place * VariableBlock) + i] = row is null ? 0 : row[_order[place]];
            }
        }

        for (int block = 0; block < _rank; block += RankBlock)
        {
            ManagedMixing.Sum(Packed(begin, block), _products + ((long)begin * VariableBlock), end - begin, sums + block, _rank);
        }
    }

    // Sets the variable's next vector. What moved and how long it is, both squared and weighed by how firmly the others hold it.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private (double Moved, double Length) Move(int place, float* sum)
    {
        int variable = _order[place];
        float* constants = _constants + ((long)place * _rank), solution = _solution + ((long)variable * _rank);
        Vector256<float> squares = default, products = default;
        for (int k = 0; k < _rank; k += Vector256<float>.Count)
        {
            Vector256<float> force = Vector256.Load(sum + k) + Vector256.Load(constants + k);
            squares += force * force;
            if (IsAdjoint)
            {
                products += force * Vector256.Load(solution + k);
            }

            force.Store(sum + k);
        }

        float norm = IsAdjoint ? _norms[variable] : MathF.Sqrt(Vector256.Sum(squares));
        _norms[variable] = norm;
        if (norm == 0)
        {
            // What no other variable holds stays where it is.
            new Span<float>(_step, _rank).Clear();
            return (0, 0);
        }

        Vector256<float> inverse = Vector256.Create(1 / norm), along = Vector256.Create(Vector256.Sum(products)), moves = default, lengths = default;
        for (int k = 0; k < _rank; k += Vector256<float>.Count)
        {
            float* vector = Packed(place, k / RankBlock * RankBlock) + (k % RankBlock);
            Vector256<float> force = Vector256.Load(sum + k);
            Vector256<float> updated = (IsAdjoint ? (along * Vector256.Load(solution + k)) - force : -force) * inverse;
            Vector256<float> step = updated - Vector256.Load(vector);
            moves += step * step;
            lengths += updated * updated;
            updated.Store(vector);
            step.Store(_step + k);
        }

        return (norm * (double)Vector256.Sum(moves), norm * (double)Vector256.Sum(lengths));
    }

    private void AddScaled(float* vector, float factor, float* sum)
    {
        for (int k = 0; k < _rank; k += Vector256<float>.Count)
        {
            Vector256.FusedMultiplyAdd(Vector256.Create(factor), Vector256.Load(vector + k), Vector256.Load(sum + k)).Store(sum + k);
        }
    }
}
