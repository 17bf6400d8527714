namespace OpenNetVM.FlowTable;

/// <summary>Decides what becomes of a value of a <see cref="CuckooFlowTable{TKey, TValue}"/>.</summary>
/// <typeparam name="TValue">Type of the table's values.</typeparam>
/// <typeparam name="TState">Type of what the caller passes along.</typeparam>
/// <param name="value">A copy of the value, to be changed.</param>
/// <param name="state">What the caller passed along.</param>
/// <returns>True to replace the table's value by the copy; false to leave it.</returns>
public delegate bool ValueUpdate<TValue, in TState>(ref TValue value, TState state)
    where TValue : unmanaged
    where TState : allows ref struct;
