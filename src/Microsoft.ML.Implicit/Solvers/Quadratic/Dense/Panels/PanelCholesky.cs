using System.Runtime.CompilerServices;

namespace Microsoft.ML.Implicit.Solvers.Quadratic.Dense.Panels;

/// <summary>
/// Factor UᵀU of a symmetric positive definite matrix, in blocks of row panels (left-looking): each tile is read and written once.
/// The inverses of the 8 × 8 diagonal blocks are kept, so that triangular solves are products.
/// </summary>
internal readonly unsafe struct PanelCholesky
{
    // A pivot that cancellation leaves below this share of its diagonal entry carries no information.
    private const double DependentPivot = 1e-14;

    // Standing in for such a pivot, it sets the dependent component to zero.
    private const double DroppedPivot = 1e64;

    // Row panels that are factored together: the columns to their right are then independent of each other.
    private const int BlockPanels = 8;

    private readonly double* _inverses;

    public PanelCholesky(PinnedBuffer buffer, int order)
    {
        Factor = new PanelMatrix(buffer, order, order);
        _inverses = buffer.Take(Factor.Panels * Panel.TileSize);
    }

    /// <summary>Before <see cref="FactorAll"/>: tiles of the upper triangle. After: U.</summary>
    public PanelMatrix Factor { get; }

    public static int Size(int order) => PanelMatrix.Size(order, order) + (Panel.Pad(order) * Panel.Width);

    /// <summary>Factors the matrix whose upper tiles are in <see cref="Factor"/>; returns the smallest pivot relative to its diagonal entry.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public double FactorAll(ThreadTeam team)
    {
        double smallest = double.PositiveInfinity;
        PanelCholesky self = this;
        for (int first = 0; first < Factor.Panels; first += BlockPanels)
        {
            int start = first, end = Math.Min(first + BlockPanels, Factor.Panels), rest = Factor.Panels - end;
            for (int i = start; i < end; i++)
            {
                smallest = Math.Min(smallest, FactorRow(i, end));
            }

            // Columns right of the block, two panels a part.
            team.For((rest + 1) / 2, (long)rest * (end - start) * (start + end) / 2 * Panel.Width * Panel.TileSize, part =>
            {
                int j = end + (2 * part);
                for (int i = start; i < end; i++)
                {
                    self.SolveTiles(self.Factor, i, j, Math.Min(2, self.Factor.Panels - j));
                }
            });
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
            if (i + 1 < Factor.Panels)
            {
                Panel.SubtractRowProducts(Factor.Tile(i * Panel.Width, i + 1), Factor.PanelStride, Factor.Panels - i - 1, part + Panel.Width, part);
            }

            new Span<double>(block, Panel.Width).Clear();
            Panel.SubtractRowProducts(_inverses + ((nint)i * Panel.TileSize), 0, 1, part, block);
            for (int r = 0; r < Panel.Width; r++)
            {
                part[r] = -block[r];
            }
        }
    }

    /// <summary>X := U⁻ᵀ X for a matrix of as many rows.</summary>
    public void SolveTransposed(PanelMatrix x, ThreadTeam team)
    {
        PanelCholesky self = this;
        team.For((x.Panels + 1) / 2, (long)x.Panels * x.Rows * x.Rows / 2 * Panel.Width, part =>
        {
            int j = 2 * part;
            for (int i = 0; i < self.Factor.Panels; i++)
            {
                self.SolveTiles(x, i, j, Math.Min(2, x.Panels - j));
            }
        });
    }

    // Row panel i of U⁻ᵀ X in some column panels whose tiles above are solved.
    private void SolveTiles(PanelMatrix x, int i, int panel, int count)
    {
        int depth = i * Panel.Width;
        double* inverse = _inverses + ((nint)i * Panel.TileSize);
        Panel.AddProducts(Factor.Column(i), x.Column(panel), x.PanelStride, depth, -1, x.Tile(depth, panel), x.PanelStride, count);
        for (int j = 0; j < count; j++)
        {
            Panel.MultiplyTile(inverse, x.Tile(depth, panel + j));
        }
    }

    // Factors row panel i, whose predecessors are factored, as far as the column panel before end.
    private double FactorRow(int i, int end)
    {
        int depth = i * Panel.Width;
        double* diagonal = stackalloc double[Panel.Width];
        double* block = Factor.Tile(depth, i);
        for (int r = 0; r < Panel.Width; r++)
        {
            diagonal[r] = block[r * (Panel.Width + 1)];
        }

        Panel.AddProduct(Factor.Column(i), Factor.Column(i), depth, -1, block);
        double smallest = FactorBlock(block, diagonal, _inverses + ((nint)i * Panel.TileSize));
        if (i + 1 < end)
        {
            SolveTiles(Factor, i, i + 1, end - i - 1);
        }

        return smallest;
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
