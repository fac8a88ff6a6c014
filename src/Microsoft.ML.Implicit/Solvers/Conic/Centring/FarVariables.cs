using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Centring;

/// <summary>
/// Finds variables that lie far from zero at a point: in all constraints that tell, their terms are large beside what they are differences of, which is what a cone sees or a small variable of a linear
/// constraint.
/// </summary>
/// <param name="program">The program.</param>
/// <param name="blocks">Its cones.</param>
internal sealed class FarVariables(ScaledProgram program, ConeBlock[] blocks)
{
    // What differences may be beside their terms.
    private const double Near = 1.0 / 1024;

    // And what they must be to be none of rounding.
    private const double Rounding = 1e-11;

    // Of its term, what may be left of a side.
    private const double LargestSide = 1.0 / 8;

    private readonly bool[] _isFar = new bool[program.Q.Length];
    private readonly bool[] _cancelsFar = new bool[program.Q.Length];
    private readonly bool[] _isDropped = new bool[program.Q.Length];
    private readonly bool[] _isBounded = new bool[program.Q.Length];
    private readonly bool[] _isPaired = new bool[program.B.Length];
    private readonly bool[] _tells = new bool[program.B.Length];
    private readonly bool[] _squareTells = new bool[program.Q.Length];
    private readonly double[] _curvedRatios = new double[program.Q.Length];
    private readonly double[] _linearRatios = new double[program.Q.Length];
    private readonly double[] _x = new double[program.Q.Length];
    private readonly double[] _image = new double[program.Q.Length];
    private readonly double[] _differences = new double[program.B.Length];

    /// <summary>Which variables are far, of the point that was looked at last.</summary>
    public ReadOnlySpan<bool> IsFar => _isFar;

    /// <summary>Looks at a point.</summary>
    /// <param name="point">The point, in the program's units.</param>
    /// <param name="pairs">Slacks that are u and v of ‖w‖² ≤ uv, as their sum and difference.</param>
    /// <param name="isMoved">Whether it is the solution of a program about another, where only those that were moved before can be too far from it.</param>
    /// <returns>Whether a variable is far.</returns>
    public bool Find(ConePoint point, IReadOnlyList<(int First, int Second)> pairs, bool isMoved)
    {
        point.X.CopyTo(_x, 0);
        DenseVector.Scale(_x, 1 / point.Tau);
        FindBounded();
        Array.Clear(_curvedRatios);
        Array.Clear(_linearRatios);
        MeasureDifferences(point, pairs);
        foreach (ConeBlock block in blocks)
        {
            bool isLinear = block is ZeroBlock or NonnegativeBlock;
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                _tells[i] = !(isLinear && TryFindOnly(i, out _)) && TakeRow(program.A, i, program.B[i], _differences[i], isLinear, block is NonnegativeBlock ? _linearRatios : _curvedRatios);
            }
        }

        program.Multiply(_x, _image);
        for (int i = 0; i < program.P.Rows; i++)
        {
            _squareTells[i] = TakeRow(program.P, i, 0, _image[i], isLinear: false, _curvedRatios);
        }

        for (int j = 0; j < _isFar.Length; j++)
        {
            double ratio = _curvedRatios[j] > 0 ? _curvedRatios[j] : _linearRatios[j];
            _isFar[j] = ratio > 0 && ratio < Near && (_isFar[j] || !isMoved);
        }

        while (!isMoved && AddThoseThatCancel())
        {
        }

        while (_isFar.AsSpan().Contains(true))
        {
            if (!DropThoseThatLeaveSides())
            {
                return true;
            }
        }

        return false;
    }

    // A variable that no row tells of is as far as those that it cancels to rounding, where it cancels no others.
    private bool AddThoseThatCancel()
    {
        Array.Clear(_cancelsFar);
        Array.Clear(_isDropped);
        for (int i = 0; i < _tells.Length; i++)
        {
            if (!_tells[i])
            {
                MarkThoseThatCancel(program.A.Row(i), program.A.ColumnsOf(i));
            }
        }

        bool isAny = false;
        for (int j = 0; j < _isFar.Length; j++)
        {
            bool isAdded = _cancelsFar[j] && !_isDropped[j];
            _isFar[j] |= isAdded;
            isAny |= isAdded;
        }

        return isAny;
    }

    private void MarkThoseThatCancel(ReadOnlySpan<double> row, ReadOnlySpan<int> columns)
    {
        double far = 0, near = 0;
        for (int entry = 0; entry < row.Length; entry++)
        {
            int variable = VariableBounds.Variable(columns, entry);
            ref double largest = ref _isFar[variable] ? ref far : ref near;
            largest = _isFar[variable] || IsTold(variable) ? Math.Max(largest, Math.Abs(row[entry] * _x[variable])) : largest;
        }

        for (int entry = 0; entry < row.Length; entry++)
        {
            int variable = VariableBounds.Variable(columns, entry);
            double term = Math.Abs(row[entry] * _x[variable]);
            bool isUntold = term > 0 && !_isFar[variable] && !IsTold(variable);
            _cancelsFar[variable] |= isUntold && far > 0 && term > Near * far;
            _isDropped[variable] |= isUntold && near > Near * term;
        }
    }

    private bool IsTold(int variable) => _curvedRatios[variable] > 0 || _linearRatios[variable] > 0;

    // Where a variable cancels others that are not moved with it, a side is left that is as large as its term.
    private bool DropThoseThatLeaveSides()
    {
        Array.Clear(_isDropped);
        for (int i = 0; i < _tells.Length; i++)
        {
            if (_tells[i])
            {
                MarkThoseThatLeaveSide(program.A, i, program.B[i]);
            }
        }

        for (int i = 0; i < program.P.Rows; i++)
        {
            if (_squareTells[i])
            {
                MarkThoseThatLeaveSide(program.P, i, 0);
            }
        }

        for (int j = 0; j < _isFar.Length; j++)
        {
            _isFar[j] &= !_isDropped[j];
        }

        return _isDropped.AsSpan().Contains(true);
    }

    private void MarkThoseThatLeaveSide(RowMatrix matrix, int i, double side)
    {
        ReadOnlySpan<double> row = matrix.Row(i);
        ReadOnlySpan<int> columns = matrix.ColumnsOf(i);
        for (int entry = 0; entry < row.Length; entry++)
        {
            int variable = VariableBounds.Variable(columns, entry);
            side -= _isFar[variable] ? row[entry] * _x[variable] : 0;
        }

        for (int entry = 0; entry < row.Length; entry++)
        {
            int variable = VariableBounds.Variable(columns, entry);
            _isDropped[variable] |= _isFar[variable] && row[entry] != 0 && Math.Abs(side) > LargestSide * Math.Abs(row[entry] * _x[variable]);
        }
    }

    // A variable at a bound may be small there, and says nothing.
    private void FindBounded()
    {
        Array.Clear(_isBounded);
        foreach (ConeBlock block in blocks)
        {
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                if (TryFindOnly(i, out int variable))
                {
                    _isBounded[variable] = block is not ZeroBlock;
                }
            }
        }
    }

    private bool TryFindOnly(int row, out int variable)
    {
        ReadOnlySpan<double> entries = program.A.Row(row);
        int entry = entries.IndexOfAnyExcept(0);
        variable = entry < 0 ? -1 : VariableBounds.Variable(program.A.ColumnsOf(row), entry);
        return entry >= 0 && !entries[(entry + 1)..].ContainsAnyExcept(0);
    }

    // What each slack is seen in units of; of u and v of a pair that depends on what they are beside each other.
    private void MeasureDifferences(ConePoint point, IReadOnlyList<(int First, int Second)> pairs)
    {
        Array.Clear(_differences);
        Array.Clear(_isPaired);
        foreach ((int first, int second) in pairs)
        {
            (_isPaired[first], _isPaired[second]) = (true, true);
        }

        foreach (ConeBlock block in blocks)
        {
            Span<double> s = block.Of(point.S), differences = block.Of(_differences);
            switch (block)
            {
                case ZeroBlock:
                    break;
                case NonnegativeBlock:
                    s.CopyTo(differences);
                    break;
                case ExponentialBlock:
                    s.CopyTo(differences);
                    differences[0] = Math.Max(Math.Abs(s[0]), s[1]);
                    break;
                case SemidefiniteBlock:
                    differences.Fill(DenseVector.MaximumMagnitude(s));
                    break;
                default:
                    MeasureSecondOrder(block.Start, s, differences);
                    break;
            }
        }

        DenseVector.Scale(_differences, 1 / point.Tau);
    }

    private void MeasureSecondOrder(int start, ReadOnlySpan<double> s, Span<double> differences)
    {
        double largest = 0;
        for (int k = 1; k < s.Length; k++)
        {
            largest = _isPaired[start + k] ? largest : Math.Max(largest, Math.Abs(s[k]));
        }

        for (int k = 0; k < s.Length; k++)
        {
            differences[k] = _isPaired[start + k] ? 0 : k == 0 ? s[0] : largest;
        }
    }

    // Returns whether the row tells anything.
    private bool TakeRow(RowMatrix matrix, int i, double side, double difference, bool isLinear, double[] ratios)
    {
        ReadOnlySpan<double> row = matrix.Row(i);
        ReadOnlySpan<int> columns = matrix.ColumnsOf(i);
        double largest = Math.Abs(side);
        difference = Math.Abs(difference);
        for (int entry = 0; entry < row.Length; entry++)
        {
            largest = Math.Max(largest, Math.Abs(row[entry] * _x[VariableBounds.Variable(columns, entry)]));
        }

        for (int entry = 0; isLinear && entry < row.Length; entry++)
        {
            int variable = VariableBounds.Variable(columns, entry);
            double term = Math.Abs(row[entry] * _x[variable]);
            difference = term < Near * largest && !_isBounded[variable] ? Math.Max(difference, term) : difference;
        }

        if (!(difference > Rounding * largest))
        {
            return false;
        }

        for (int entry = 0; entry < row.Length; entry++)
        {
            int variable = VariableBounds.Variable(columns, entry);
            double term = Math.Abs(row[entry] * _x[variable]);
            ratios[variable] = term > 0 ? Math.Max(ratios[variable], difference / term) : ratios[variable];
        }

        return true;
    }
}
