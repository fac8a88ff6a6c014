using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense;

/// <summary>
/// Factor UᵀU of a symmetric positive definite matrix, row-panel by row-panel (left-looking): each tile is read and written once.
/// The inverses of the 8 × 8 diagonal blocks are kept, so that triangular solves are products.
/// </summary>
internal readonly unsafe struct PanelCholesky
{
    // A pivot that cancellation leaves below this share of its diagonal entry carries no information.
    private const double DependentPivot = 1e-14;

    // Standing in for such a pivot, it sets the dependent component to zero.
    private const double DroppedPivot = 1e64;

    private readonly double* _inverses;

    public PanelCholesky(PinnedBuffer buffer, int order)
    {
        Factor = new PanelMatrix(buffer, order, order);
        _inverses = buffer.Take(Factor.Panels * Panel.TileSize);
    }

    /// <summary>Before <see cref="FactorRow"/>: tiles of the upper triangle. After: U.</summary>
    public PanelMatrix Factor { get; }

    public static int Size(int order) => PanelMatrix.Size(order, order) + (Panel.Pad(order) * Panel.Width);

    /// <summary>Factors all row panels; returns the smallest pivot relative to its diagonal entry.</summary>
    public double FactorAll()
    {
        double smallest = double.PositiveInfinity;
        for (int i = 0; i < Factor.Panels; i++)
        {
            smallest = Math.Min(smallest, FactorRow(i));
        }

        return smallest;
    }

    /// <summary>Factors row panel <paramref name="i"/>, whose tiles hold the matrix and whose predecessors are factored.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double FactorRow(int i)
    {
        double* x = Factor.Column(i);
        int depth = i * Panel.Width;
        double* diagonal = stackalloc double[Panel.Width];
        double* block = Factor.Tile(depth, i);
        for (int r = 0; r < Panel.Width; r++)
        {
            diagonal[r] = block[r * (Panel.Width + 1)];
        }

        for (int j = i; j < Factor.Panels; j++)
        {
            Panel.AddProduct(x, Factor.Column(j), depth, -1, Factor.Tile(depth, j));
        }

        double* inverse = _inverses + ((nint)i * Panel.TileSize);
        double smallest = FactorBlock(block, diagonal, inverse);
        double* tile = stackalloc double[Panel.TileSize];
        for (int j = i + 1; j < Factor.Panels; j++)
        {
            double* target = Factor.Tile(depth, j);
            new Span<double>(tile, Panel.TileSize).Clear();
            Panel.AddProduct(inverse, target, Panel.Width, 1, tile);
            new Span<double>(tile, Panel.TileSize).CopyTo(new Span<double>(target, Panel.TileSize));
        }

        return smallest;
    }

    /// <summary>x := U⁻ᵀ x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SolveTransposed(double* x)
    {
        double* block = stackalloc double[Panel.Width];
        for (int i = 0; i < Factor.Panels; i++)
        {
            double* part = x + (i * Panel.Width);
            if (i > 0)
            {
                Panel.MultiplyVector(x, Factor.Column(i), i * Panel.Width, -1, add: true, part);
            }

            Panel.MultiplyVector(part, _inverses + ((nint)i * Panel.TileSize), Panel.Width, 1, add: false, block);
            new Span<double>(block, Panel.Width).CopyTo(new Span<double>(part, Panel.Width));
        }
    }

    /// <summary>x := U⁻¹ x.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void Solve(double* x)
    {
        double* block = stackalloc double[Panel.Width];
        for (int i = Factor.Panels - 1; i >= 0; i--)
        {
            double* part = x + (i * Panel.Width);
            new Span<double>(block, Panel.Width).Clear();
            Panel.SubtractRowProducts(_inverses + ((nint)i * Panel.TileSize), part, Panel.Width, block);
            for (int r = 0; r < Panel.Width; r++)
            {
                part[r] = -block[r];
            }

            Panel.SubtractRowProducts(Factor.Column(i), part, i * Panel.Width, x);
        }
    }

    /// <summary>X := U⁻ᵀ X for a matrix of as many rows.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public void SolveTransposed(PanelMatrix x)
    {
        double* tile = stackalloc double[Panel.TileSize];
        for (int i = 0; i < Factor.Panels; i++)
        {
            int depth = i * Panel.Width;
            double* inverse = _inverses + ((nint)i * Panel.TileSize);
            for (int j = 0; j < x.Panels; j++)
            {
                double* target = x.Tile(depth, j);
                Panel.AddProduct(Factor.Column(i), x.Column(j), depth, -1, target);
                new Span<double>(tile, Panel.TileSize).Clear();
                Panel.AddProduct(inverse, target, Panel.Width, 1, tile);
                new Span<double>(tile, Panel.TileSize).CopyTo(new Span<double>(target, Panel.TileSize));
            }
        }
    }

    // Factors one diagonal block in place and inverts its factor.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static double FactorBlock(double* u, double* diagonal, double* inverse)
    {
        double smallest = double.PositiveInfinity;
        double* reciprocal = stackalloc double[Panel.Width];
        for (int k = 0; k < Panel.Width; k++)
        {
            double pivot = u[(k * Panel.Width) + k];
            smallest = Math.Min(smallest, pivot / Math.Abs(diagonal[k]));
            if (!(pivot > DependentPivot * diagonal[k]))
            {
                pivot = DroppedPivot;
            }

            double r = 1 / Math.Sqrt(pivot);
            reciprocal[k] = r;
            double* row = u + (k * Panel.Width);
            row[k] = pivot * r;
            for (int j = k + 1; j < Panel.Width; j++)
            {
                row[j] *= r;
            }

            for (int i = k + 1; i < Panel.Width; i++)
            {
                double factor = row[i];
                double* target = u + (i * Panel.Width);
                for (int j = i; j < Panel.Width; j++)
                {
                    target[j] -= factor * row[j];
                }
            }
        }

        Invert(u, reciprocal, inverse);
        return smallest;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Invert(double* u, double* reciprocal, double* inverse)
    {
        for (int i = Panel.Width - 1; i >= 0; i--)
        {
            double* row = inverse + (i * Panel.Width);
            for (int j = 0; j < Panel.Width; j++)
            {
                row[j] = 0;
            }

            for (int k = i + 1; k < Panel.Width; k++)
            {
                double factor = u[(i * Panel.Width) + k] * -reciprocal[i];
                double* other = inverse + (k * Panel.Width);
                for (int j = k; j < Panel.Width; j++)
                {
                    row[j] += factor * other[j];
                }
            }

            row[i] = reciprocal[i];
        }
    }
}
