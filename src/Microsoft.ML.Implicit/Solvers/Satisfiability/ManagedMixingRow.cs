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
                double norm = Update(variable);
                (double step, double length) = Move(_vectors + ((long)variable * _rank));
                change += norm * step;
                size += norm * length;
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

    // The variable's next vector, and ‖g‖.
    private float Update(int variable)
    {
        long offset = (long)variable * _rank;
        float* old = _vectors + offset;
        float square = _data.Squares[variable];
        double length = 0, along = 0;
        for (int k = 0; k < _rank; k++)
        {
            float right = (IsAdjoint ? _rightSide[offset + k] : 0) - (_product[k] - (square * old[k]));
            _updated[k] = right;
            length += right * right;
            along += IsAdjoint ? right * _solution[offset + k] : 0;
        }

        if (!IsAdjoint)
        {
            _norms[variable] = (float)Math.Sqrt(length);
        }

        // What no other variable holds stays where it is.
        float norm = _norms[variable];
        for (int k = 0; k < _rank; k++)
        {
            float projected = IsAdjoint ? _updated[k] - ((float)along * _solution[offset + k]) : _updated[k];
            _updated[k] = norm == 0 ? old[k] : projected / norm;
        }

        return norm;
    }

    // Squared lengths of the step and of the new vector.
    private (double Step, double Length) Move(float* vector)
    {
        double step = 0, length = 0;
        for (int k = 0; k < _rank; k++)
        {
            _delta[k] = _updated[k] - vector[k];
            vector[k] = _updated[k];
            step += _delta[k] * _delta[k];
            length += vector[k] * vector[k];
        }

        return (step, length);
    }
}
