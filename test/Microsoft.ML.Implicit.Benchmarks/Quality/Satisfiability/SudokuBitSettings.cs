namespace Microsoft.ML.Implicit.Benchmarks.Quality.Satisfiability;

/// <summary>Which boards are drawn.</summary>
/// <param name="Size">Digits.</param>
/// <param name="Training">Boards to train on.</param>
/// <param name="Test">Boards to complete.</param>
/// <param name="Fewest">Fewest clues that are asked for; where the solution would not be the only one, more are left.</param>
/// <param name="Most">Most clues.</param>
/// <param name="Sparse">Boards with 20 to 30 clues to complete as well.</param>
/// <param name="Seed">Seed of the boards and of the order of bits.</param>
/// <param name="IsPermuted">Whether bits stand in an order drawn at random.</param>
/// <param name="IsRedrawn">Whether bits are hidden at random, others in every epoch, rather than the same whole cells.</param>
internal sealed record SudokuBitSettings(int Size, int Training, int Test, int Fewest, int Most, int Sparse, int Seed, bool IsPermuted, bool IsRedrawn);
