using Microsoft.ML.Implicit.Solvers.Conic.Blocks;
using Microsoft.ML.Implicit.Solvers.Conic.Interior;
using Microsoft.ML.Implicit.Solvers.Conic.Systems;
using Microsoft.ML.Implicit.Solvers.Conic.Units;

namespace Microsoft.ML.Implicit.Solvers.Conic.Faces;

/// <summary>
/// Finds faces of second-order cones that hold all that constraints allow, as where a budget under a root is zero. No point is inside such a cone then, multipliers grow without limit, and the central path
/// ends nowhere; in the face there is an interior again (facial reduction; Borwein and Wolkowicz, 1981). What is searched is what bounds on variables tell of s₀ ± sₖ ≥ 0.
/// </summary>
internal sealed class FaceSearch
{
    // Bounds follow from bounds; where they do without end, what the first told is kept.
    private const int MostPasses = 20;

    // Beside the terms of a sum.
    private const double Rounding = 1e-14;

    private readonly ConeBlock[] _blocks;
    private readonly RowMatrix _a;
    private readonly double[] _b;
    private readonly VariableBounds _bounds;
    private readonly double[] _sum;
    private readonly Dictionary<int, ConeFace> _faces = [];
    private bool _isTighter;

    private FaceSearch(ConeData data, int row)
    {
        (int n, int m) = (data.Problem.Variables, data.Problem.Constraints);
        _blocks = ConeBlocks.Create(data.Problem.Cones);
        _a = new RowMatrix(m, n, data.Layout?.A);
        data.LoadConstraints(row, _a);
        _b = data.B(row).ToArray();
        _bounds = new VariableBounds(n);
        _bounds.Reset();
        _sum = new double[n];
    }

    /// <summary>Finds the faces of a row's cones.</summary>
    /// <returns>Those that there are by the first slacks of cones, or null for none.</returns>
    public static IReadOnlyDictionary<int, ConeFace>? Find(ConeData data, int row)
    {
        if (!data.Problem.Cones.Any(cone => cone.Kind == ConeKind.SecondOrder))
        {
            return null;
        }

        var search = new FaceSearch(data, row);
        OppositeRows.Bound(search._a, search._b, search._blocks.OfType<NonnegativeBlock>().SelectMany(block => Enumerable.Range(block.Start, block.Dimension)), search._bounds);
        search._isTighter = true;
        for (int pass = 0; pass < MostPasses && search._isTighter; pass++)
        {
            search._isTighter = false;
            Array.ForEach(search._blocks, search.Take);
        }

        return search._faces.Count > 0 ? search._faces : null;
    }

    private void Take(ConeBlock block)
    {
        if (block is SecondOrderBlock)
        {
            TakeCone(block);
        }
        else if (block is ZeroBlock or NonnegativeBlock)
        {
            for (int i = block.Start; i < block.Start + block.Dimension; i++)
            {
                TakeRow(_a.Row(i), _a.ColumnsOf(i), _b[i], block is ZeroBlock);
            }
        }
    }

    private void TakeRow(ReadOnlySpan<double> row, ReadOnlySpan<int> columns, double side, bool isEquality)
    {
        _isTighter |= _bounds.Tighten(row, columns, side, 1);
        _isTighter |= isEquality && _bounds.Tighten(row, columns, -side, -1);
    }

    // s₀ ≥ 0 and s₀ ± sₖ ≥ 0; of these, and of other slacks, what a face makes zero.
    private void TakeCone(ConeBlock block)
    {
        TakeSlack(block, 0, 0);
        for (int k = 1; k < block.Dimension; k++)
        {
            TakeSlack(block, k, 1);
            TakeSlack(block, k, -1);
        }

        if (!_faces.TryGetValue(block.Start, out ConeFace face))
        {
            return;
        }

        for (int k = 0; k < block.Dimension; k++)
        {
            if (face.IsVertex || (k != 0 && k != face.Other))
            {
                TakeRow(_a.Row(block.Start + k), _a.ColumnsOf(block.Start + k), _b[block.Start + k], isEquality: true);
            }
        }
    }

    // Of s₀ + sign · sₖ.
    private void TakeSlack(ConeBlock block, int k, int sign)
    {
        ReadOnlySpan<int> columns = _a.ColumnsOf(block.Start);
        Span<double> row = _sum.AsSpan(0, _a.Row(block.Start).Length);
        _a.Row(block.Start).CopyTo(row);
        DenseVector.AddScaled(row, sign, _a.Row(block.Start + k));
        double side = _b[block.Start] + (sign * _b[block.Start + k]);
        (double most, double terms) = _bounds.MostLeft(row, columns, side);
        bool isZero = double.IsFinite(terms) && Math.Abs(most) <= Rounding * terms;
        if (isZero)
        {
            var face = new ConeFace(k, -sign);
            bool isKnown = _faces.TryGetValue(block.Start, out ConeFace known);
            face = isKnown && known != face ? ConeFace.Vertex : face;
            _isTighter |= !isKnown || known != face;
            _faces[block.Start] = face;
        }

        TakeRow(row, columns, side, isZero);
    }
}
