"""What can be promised, where and when: stock, slots and single assets."""
